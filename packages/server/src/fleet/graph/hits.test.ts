import { describe, expect, it } from "vitest";

import { analysedOf } from "#query";
import type { SpanRow } from "#store";

import { spanRow } from "../../store/telemetry/spans/fixture.ts";
import type { LiveSpan } from "../live/index.ts";
import { factOf, hitsOf, Surroundings, usageHitsOf, type Hit, type Resolution } from "./hits.ts";

const spansOf = (...rows: SpanRow[]): Map<string, LiveSpan> =>
  new Map(
    rows.map((row) => [
      row.spanId,
      {
        ...analysedOf(row),
        service: row.service,
        name: row.name,
        kind: row.kind,
        ended: true,
      } as LiveSpan,
    ]),
  );

const row = (spanId: string, more: Partial<SpanRow> = {}): SpanRow =>
  spanRow({ spanId, parentSpanId: "root", service: "s", ...more });
const root = (more: Partial<SpanRow> = {}) => row("root", { parentSpanId: "", ...more });
const lead = (more: Partial<SpanRow> = {}) =>
  root({ operation: "invoke_agent", agent: "lead", ...more });

const words = ({ from, to, kind }: Hit): string =>
  `${kind} ${from.kind}:${from.name}${to === undefined ? "" : ` ${to.kind}:${to.name}`}`;

const told = ({ hits, complete }: Resolution): string[] => [
  ...hits.map(words),
  ...(complete ? [] : ["…"]),
];

/** What the last one of the rows draws when these have come. */
const drawn = (...rows: SpanRow[]): string[] => {
  const spans = spansOf(...rows);
  return told(hitsOf(factOf(rows.at(-1) as SpanRow), spans, new Surroundings(spans)));
};

describe("the lines that a span draws", () => {
  it.each<[string, SpanRow[], string[]]>([
    ["an agent's run", [lead()], ["run service:s", "run agent:lead"]],
    [
      "a tool of the agent above",
      [lead(), row("a", { operation: "execute_tool", tool: "look" })],
      ["tool agent:lead tool:look"],
    ],
    [
      "a model without any agent",
      [root(), row("a", { operation: "chat", model: "m" })],
      ["model service:s model:m"],
    ],
    [
      "an agent that another one asked",
      [lead(), row("a", { operation: "invoke_agent", agent: "writer" })],
      ["run agent:writer", "delegation agent:lead agent:writer"],
    ],
    [
      "an agent's span within its own",
      [lead(), row("a", { operation: "invoke_agent", agent: "lead" })],
      [],
    ],
    [
      "a message",
      [lead(), row("a", { operation: "message", peer: "writer" })],
      ["message agent:lead agent:writer"],
    ],
    [
      "a wait",
      [lead(), row("a", { operation: "wait", peer: "writer" })],
      ["wait agent:lead agent:writer"],
    ],
    [
      "a hand-over",
      [
        lead(),
        row("b", { operation: "invoke_agent", agent: "writer" }),
        row("a", { operation: "handoff", peer: "writer" }),
      ],
      ["handoff agent:lead agent:writer"],
    ],
    [
      "a hand-over by a tool that is called for the agent",
      [
        lead(),
        row("b", { operation: "invoke_agent", agent: "Refund Agent" }),
        row("a", { operation: "handoff", peer: "refund_agent" }),
      ],
      ["handoff agent:lead agent:Refund Agent"],
    ],
    [
      "a hand-over to an agent that has not come",
      [lead(), row("a", { operation: "handoff", peer: "writer" })],
      ["handoff agent:lead agent:writer", "…"],
    ],
    ["somebody who waits for himself", [lead(), row("a", { operation: "wait", peer: "lead" })], []],
    [
      "a call from another service",
      [root(), row("a", { service: "t", kind: 2 })],
      ["run service:t", "call service:s service:t"],
    ],
    [
      "a database, as long as nobody answers",
      [
        root(),
        row("a", { kind: 3, attributes: { "db.system.name": "postgresql", "db.namespace": "x" } }),
      ],
      ["call service:s external:postgresql x", "…"],
    ],
    [
      "a service that does not answer",
      [root(), row("a", { kind: 3, attributes: { "peer.service": "t" } })],
      ["call service:s service:t", "…"],
    ],
    [
      "a chain in a circle",
      [row("a", { parentSpanId: "b" }), row("b", { parentSpanId: "a", operation: "chat" })],
      ["model service:s model:unknown"],
    ],
  ])("%s", (_, rows, lines) => {
    expect(drawn(...rows)).toEqual(lines);
  });

  it("wait for a parent that has not come", () => {
    const tool = row("a", { operation: "execute_tool", tool: "look" });
    expect(drawn(tool)).toEqual(["run service:s", "tool service:s tool:look", "…"]);
    expect(drawn(lead(), tool)).toEqual(["tool agent:lead tool:look"]);
  });

  it("are drawn once for a call of a tool that framework, client and server tell of", () => {
    const tool = { operation: "execute_tool", tool: "look" } as const;
    const outer = row("outer", tool);
    expect(drawn(lead(), outer)).toEqual(["tool agent:lead tool:look"]);
    expect(drawn(lead(), outer, row("inner", { ...tool, parentSpanId: "outer" }))).toEqual([]);
    const within = row("within", { operation: "chat", model: "m", parentSpanId: "outer" });
    const again = row("again", { ...tool, parentSpanId: "within" });
    expect(drawn(lead(), outer, within, again)).toEqual(["tool agent:lead tool:look"]);
  });

  it("leave out what turned out to be a service that answers", () => {
    const call = row("a", { kind: 3, attributes: { "peer.service": "t" } });
    const served = row("b", { parentSpanId: "a", service: "t" });
    const spans = spansOf(root(), served, call);
    expect(told(hitsOf(factOf(call), spans, new Surroundings(spans)))).toEqual([]);
  });
});

it("usage goes to the model, and to whoever asked the agent that used it", () => {
  const writer = row("w", { operation: "invoke_agent", agent: "writer" });
  const chat = row("c", { parentSpanId: "w", operation: "chat", model: "m" });
  const of = (fact: SpanRow, ...rows: SpanRow[]) =>
    told(usageHitsOf(factOf(fact), spansOf(...rows)));
  expect(of(chat, lead(), writer, chat)).toEqual([
    "model agent:writer model:m",
    "delegation agent:lead agent:writer",
  ]);
  expect(of(chat, writer, chat)).toEqual(["model agent:writer model:m", "…"]);
  expect(of(writer, lead(), writer)).toEqual([
    "run agent:writer",
    "delegation agent:lead agent:writer",
  ]);
});
