import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { analyseTrace, readSpansJson, readSpansProtobuf, understand } from "./index.ts";
import type { Incoming } from "./incoming.ts";
import type { UnderstoodSpan } from "./model.ts";

/** Real exports of eight producers; they lie beside the repository. */
const captures = resolve(import.meta.dirname, "../../../../../../shared/captures");
const present = existsSync(captures);
if (!present) console.warn("SKIPPED: no captures of producers beside the repository");

interface Capture {
  path: string;
  protobufBase64?: string;
  body: unknown;
}

const capturesOf = (producer: string): Capture[] =>
  readdirSync(join(captures, producer)).map(
    (file) => JSON.parse(readFileSync(join(captures, producer, file), "utf8")) as Capture,
  );

function spansOf(producer: string): Incoming[] {
  return capturesOf(producer)
    .filter(({ path }) => path.endsWith("/traces"))
    .flatMap(({ protobufBase64, body }) =>
      protobufBase64 === undefined
        ? [...readSpansJson(Buffer.from(JSON.stringify(body)))]
        : [...readSpansProtobuf(Buffer.from(protobufBase64, "base64"))],
    )
    .filter((one) => one !== undefined);
}

/** What all traces of a producer show, in the order of their beginnings. */
function analyse(producer: string) {
  const understood = spansOf(producer).flatMap(({ scope, span }) =>
    span === undefined ? [] : understand(span, scope),
  );
  const byTrace = new Map<string, UnderstoodSpan[]>();
  for (const one of understood)
    byTrace.set(one.span.traceId, [...(byTrace.get(one.span.traceId) ?? []), one]);
  const traces = [...byTrace.values()]
    .toSorted((a, b) => Number((a[0]?.span.startNs ?? 0n) - (b[0]?.span.startNs ?? 0n)))
    .map(analyseTrace);
  const usage = traces.flatMap((trace) => trace.usage);
  return {
    agents: traces.flatMap(({ agents }) => agents),
    edges: traces.flatMap(({ edges }) =>
      edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`),
    ),
    tools: traces.flatMap(({ toolCalls }) =>
      toolCalls.map(({ agent, tool, failed }) => `${agent}: ${tool}${failed ? " failed" : ""}`),
    ),
    usage: usage.map(
      ({ agent, model, calls, inputTokens, outputTokens }) =>
        `${agent} ${model} ${calls}x ${inputTokens}/${outputTokens}`,
    ),
    workflows: traces.map(({ workflow }) => workflow).filter((name) => name !== ""),
    conversations: [...new Set(traces.map(({ conversation }) => conversation))].filter(Boolean),
    cost: usage.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0),
  };
}

const vercel = {
  agents: ["lead", "researcher", "broken", "streamer"],
  edges: ["lead delegation researcher"],
};

describe.skipIf(!present)("what real producers send", () => {
  test.each(["vercel-ai-7-json", "vercel-ai-7-proto-gzip", "vercel-ai-7-legacy-json"])(
    "%s: the usage of loops is not counted beside that of their calls",
    (producer) => {
      const found = analyse(producer);
      expect(found).toMatchObject(vercel);
      expect(found.tools.toSorted()).toEqual([
        "lead: delegate",
        "lead: flaky failed",
        "researcher: web_search",
      ]);
      expect(found.usage.filter((one) => !one.endsWith(" 0/0")).toSorted()).toEqual([
        "lead mock-large-0613 2x 230/43",
        "researcher mock-small-0613 2x 230/43",
        "streamer mock-stream 1x 5/2",
      ]);
    },
  );

  test("Vercel AI 6 names its agent, conversation and user in metadata", () => {
    expect(analyse("vercel-ai-6-json")).toMatchObject({
      agents: ["adder"],
      edges: [],
      tools: ["adder: add"],
      usage: ["adder mock-v3 2x 22/8"],
      conversations: ["s1"],
    });
  });

  test.each(["langgraph-openinference-json", "langgraph-openinference-proto"])(
    "%s: agents are nodes, hand-offs hide in outputs",
    (producer) => {
      const found = analyse(producer);
      expect(found).toMatchObject({
        agents: ["supervisor", "researcher", "reviewer"],
        edges: ["supervisor handoff researcher", "supervisor handoff reviewer"],
        tools: ["researcher: web_search"],
        conversations: ["sess-1"],
      });
      expect(found.usage).toEqual(["researcher scripted-1 2x 240/60"]);
    },
  );

  test.each(["openai-agents-openinference-json", "openai-agents-openinference-proto"])(
    "%s: a hand-off is no tool, and a guardrail neither",
    (producer) => {
      expect(analyse(producer)).toMatchObject({
        agents: ["triage", "weather_agent", "broken"],
        edges: ["triage handoff weather_agent"],
        tools: ["weather_agent: get_weather"],
        workflows: ["support-desk"],
      });
    },
  );

  test("OpenLLMetry: chains of an instrumentation are no workflows", () => {
    expect(analyse("traceloop-langgraph-proto")).toMatchObject({
      agents: ["writer_agent"],
      edges: [],
      tools: ["writer_agent: fetch"],
      workflows: ["write_report"],
      conversations: ["s1"],
    });
  });

  test("Langfuse says what it cost", () => {
    expect(analyse("langfuse-sdk-5")).toMatchObject({
      agents: ["planner"],
      tools: ["planner: search"],
      usage: ["planner gpt-x 1x 10/3"],
      conversations: ["s1"],
      cost: 0.002,
    });
  });

  test("OpenAI's client without a framework has models and no agents", () => {
    expect(analyse("openai-otel-contrib-json")).toMatchObject({
      agents: [],
      tools: [],
      usage: [" gpt-mock-0613 1x 12/5"],
    });
  });

  test.each(
    readdirSync(present ? captures : import.meta.dirname).filter((name) => name.endsWith("-proto")),
  )("%s: protobuf says what its JSON says", (producer) => {
    for (const { protobufBase64, body } of capturesOf(producer)) {
      if (protobufBase64 === undefined) continue;
      const read = [...readSpansProtobuf(Buffer.from(protobufBase64, "base64"))];
      expect(read).toEqual([...readSpansJson(Buffer.from(JSON.stringify(body)))]);
    }
  });
});
