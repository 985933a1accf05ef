import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ConfigSchema } from "#config";
import type { SpanContent, SpanRecord, SpanRow, SpanStore } from "#store";

import { spanRecord } from "../../store/telemetry/spans/fixture.ts";
import { LiveTraces } from "../live/index.ts";
import { createDetectors } from "./detectors.ts";
import { Figures } from "./figures.ts";
import type { Around, Limits, SeenTrace, Sighting } from "./types.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const TRACE = "a".repeat(32);

/** Spans as they come, through the live traces, to all detectors. */
class Watch {
  readonly figures = new Figures();
  readonly limits: Limits;
  /** What was reported and has not ended, the latest sighting of each. */
  readonly open = new Map<string, Sighting>();
  private readonly detectors = createDetectors();
  private readonly live: LiveTraces;
  private listener: (tenant: string, spans: readonly SpanRecord[]) => void = () => undefined;
  private next = 1;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...ConfigSchema.parse({}).coordination, ...limits };
    const spans = {
      onSpans: (listener: Watch["listener"]) => {
        this.listener = listener;
        return () => undefined;
      },
    } as unknown as SpanStore;
    this.live = new LiveTraces({ spans, now: Date.now, registry: createRegistry() });
    this.live.onUpdate((update) => {
      const trace: SeenTrace = { ...update, scope: update.analysis.workflow || update.traceId };
      for (const detector of this.detectors) detector.look(trace, this.around());
    });
    this.live.start();
  }

  /** A span that began now; it goes on unless it says how long it lasted. */
  send(row: Partial<SpanRow>, args?: string): SpanRow {
    const spanId = (this.next++).toString(16).padStart(16, "0");
    const content: SpanContent[] =
      args === undefined
        ? []
        : [{ name: "gen_ai.tool.call.arguments", text: args, truncated: false }];
    const record = spanRecord(
      {
        traceId: TRACE,
        spanId,
        startNs: `${Date.now()}000000`,
        ended: row.durationNs !== undefined,
        ...row,
      },
      content,
    );
    this.listener("default", [record]);
    vi.advanceTimersByTime(250);
    return record.row;
  }

  end(row: SpanRow, more: Partial<SpanRow> = {}): void {
    const durationNs = (Date.now() - Number(BigInt(row.startNs) / 1_000_000n)) * 1e6;
    this.listener("default", [spanRecord({ ...row, ended: true, durationNs, ...more })]);
    vi.advanceTimersByTime(250);
  }

  wait(seconds: number): void {
    for (let passed = 0; passed < seconds; passed++) {
      vi.advanceTimersByTime(1000);
      for (const detector of this.detectors) detector.tick?.(this.around());
    }
  }

  seen(): string[] {
    return Array.from(this.open.values(), ({ kind, summary }) => `${kind}: ${summary}`);
  }

  stop(): void {
    this.live.stop();
  }

  private around(): Around {
    return {
      nowMs: Date.now(),
      limits: this.limits,
      figures: this.figures,
      report: (sighting) => this.open.set(sighting.key, sighting),
      end: (key) => this.open.delete(key),
    };
  }
}

let watch: Watch;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  watch = new Watch();
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

const waits = (agent: string, peer: string, more: Partial<SpanRow> = {}) =>
  watch.send({ operation: "wait", agent, peer, name: `wait for ${peer}`, ...more });

describe("agents that wait for one another", () => {
  it.each([
    ["two", ["a", "b"], "Deadlock: a → b → a wait for one another"],
    ["three", ["a", "b", "c"], "Deadlock: a → b → c → a wait for one another"],
    ["one", ["a"], "a → a waits for itself"],
  ])("are a deadlock of %s while it lasts", (_, agents, summary) => {
    const rows = agents.map((agent, at) => waits(agent, agents[(at + 1) % agents.length] ?? ""));
    watch.wait(3);
    expect(watch.seen()).toEqual([]);
    watch.wait(4);
    expect(watch.seen()).toEqual([`wait_cycle: ${summary}`]);
    const [finding] = watch.open.values();
    expect(finding?.evidence.map(({ agent }) => agent)).toEqual(agents);
    // The circle is closed since the last of them began to wait.
    expect(finding?.sinceMs).toBe(Number(BigInt(rows.at(-1)?.startNs ?? 0) / 1_000_000n));
    watch.end(rows[0] as SpanRow);
    watch.wait(1);
    expect(watch.seen()).toEqual([]);
  });

  it("are a deadlock when one has called the other, which waits for it", () => {
    const caller = watch.send({ operation: "invoke_agent", agent: "lead" });
    watch.send({ operation: "invoke_agent", agent: "worker", parentSpanId: caller.spanId });
    expect(watch.seen()).toEqual([]);
    waits("worker", "lead");
    watch.wait(7);
    expect(watch.seen()).toEqual([
      "wait_cycle: Deadlock: worker → lead → worker wait for one another",
    ]);
  });

  it("are none when calls merely stand within calls, or the waits are of different runs", () => {
    const lead = watch.send({ operation: "invoke_agent", agent: "a" });
    const inner = watch.send({ operation: "invoke_agent", agent: "b", parentSpanId: lead.spanId });
    watch.send({ operation: "invoke_agent", agent: "a", parentSpanId: inner.spanId });
    waits("x", "y", { traceId: "1".repeat(32) });
    waits("y", "x", { traceId: "2".repeat(32) });
    watch.wait(10);
    expect(watch.seen()).toEqual([]);
  });

  it("are found in one workflow of several traces", () => {
    waits("x", "y", { traceId: "1".repeat(32), workflow: "w" });
    waits("y", "x", { traceId: "2".repeat(32), workflow: "w" });
    watch.wait(7);
    expect(watch.seen()).toHaveLength(1);
  });

  it("are told of when one waits for long, and counted when it is over", () => {
    const row = waits("a", "b");
    watch.wait(301);
    expect(watch.seen()).toEqual(["long_wait: a has waited 5 min for b"]);
    expect(watch.figures.waiting.get("a")).toBeGreaterThan(300);
    watch.end(row);
    watch.wait(1);
    expect(watch.seen()).toEqual([]);
    expect([...watch.figures.waits.values()]).toMatchObject([{ agent: "a", peer: "b", waits: 1 }]);
    expect(watch.figures.waiting.size).toBe(0);
  });
});

const writes = (agent: string, more: Partial<SpanRow> = {}) =>
  watch.send({
    operation: "step",
    agent,
    durationNs: 1e9,
    attributes: { "fleetlight.resource": "repo/README.md", "fleetlight.resource.access": "write" },
    ...more,
  });

describe("two agents and one resource", () => {
  it("are a conflict when both write at the same time", () => {
    writes("a");
    writes("b");
    expect(watch.seen()).toEqual([
      "resource_conflict: a and b write repo/README.md at the same time",
    ]);
  });

  it("are a conflict when both write shortly after one another, and none an hour apart", () => {
    writes("a");
    vi.advanceTimersByTime(10_000);
    writes("b");
    expect(watch.seen()).toEqual(["resource_conflict: a and b write repo/README.md within 9.3 s"]);
    watch.open.clear();
    vi.advanceTimersByTime(3_600_000);
    writes("a");
    expect(watch.seen()).toEqual([]);
  });

  it.each([
    ["one only reads", { "fleetlight.resource": "x", "fleetlight.resource.access": "read" }],
    [
      "it is another resource",
      { "fleetlight.resource": "y", "fleetlight.resource.access": "write" },
    ],
  ])("are none when %s", (_, attributes) => {
    writes("a", { attributes: { ...attributes, "fleetlight.resource": "x" } });
    writes("b", { attributes });
    expect(watch.seen()).toEqual([]);
  });

  it("are none when the first one handed over", () => {
    writes("a");
    watch.send({ operation: "handoff", agent: "a", peer: "b", durationNs: 1e6 });
    vi.advanceTimersByTime(2000);
    writes("b");
    expect(watch.seen()).toEqual([]);
  });

  it.each([
    [
      "a table",
      {
        "db.collection.name": "orders",
        "db.operation.name": "UPDATE",
        "db.system.name": "postgresql",
      },
      "postgresql:///orders",
    ],
    ["a file", { "file.path": "/src/a.ts" }, "file:///src/a.ts"],
  ])("are found by the conventions for %s", (_, attributes, resource) => {
    const more = { attributes, operation: "execute_tool", tool: "edit_file" } as const;
    writes("a", more);
    writes("b", more);
    expect([...watch.open.values()].map(({ subject }) => subject)).toEqual([resource]);
  });
});

const claims = (agent: string, value: string, subject = "customer-7.country") =>
  watch.send({
    operation: "step",
    agent,
    durationNs: 1e6,
    attributes: { "fleetlight.claim.subject": subject, "fleetlight.claim.value": value },
  });

describe("two agents and one subject", () => {
  it("contradict one another until they agree", () => {
    claims("a", "France");
    claims("b", "Spain");
    expect(watch.seen()).toEqual([
      "contradiction: customer-7.country: a says France, b says Spain",
    ]);
    claims("a", "Spain");
    expect(watch.seen()).toEqual([]);
  });

  it("agree, change their minds alone, or speak of other things", () => {
    claims("a", "France");
    claims("b", " France ");
    claims("c", "Spain", "customer-8.country");
    claims("c", "Italy", "customer-8.country");
    expect(watch.seen()).toEqual([]);
  });
});

describe("work that is done twice", () => {
  it("is one task of two agents, and not a second attempt or a task that is passed on", () => {
    const task = (agent: string, id: string, more: Partial<SpanRow> = {}) =>
      watch.send({ operation: "task", agent, task: id, durationNs: 1e9, ...more });
    task("a", "t1");
    task("b", "t1", { traceId: "b".repeat(32) });
    task("a", "t2", { status: 2 });
    task("b", "t2");
    const passedOn = task("a", "t3");
    task("b", "t3", { parentSpanId: passedOn.spanId });
    task("a", "t1");
    expect(watch.seen()).toEqual(["duplicated_work: b and a work on the same task t1"]);
    expect(watch.figures.duplicatedShare(Date.now())).toBeCloseTo(2 / 7);
  });

  it("is one tool with the same arguments in one run", () => {
    const call = (agent: string, args: string, traceId = TRACE) =>
      watch.send(
        { operation: "execute_tool", tool: "search", agent, traceId, durationNs: 1 },
        args,
      );
    call("a", '{"q":1}');
    call("b", '{"q":2}');
    call("b", '{"q":1}', "b".repeat(32));
    expect(watch.seen()).toEqual([]);
    call("b", '{"q":1}');
    expect(watch.seen()).toEqual(["duplicated_work: a and b call search with the same arguments"]);
  });
});

describe("agreement", () => {
  it("takes long when a conflict has many rounds", () => {
    const conflict = (rounds: number) =>
      watch.send({
        operation: "conflict",
        agent: "a",
        durationNs: 1e9,
        attributes: { "fleetlight.conflict.id": `c${rounds}` },
        numbers: { "fleetlight.conflict.rounds": rounds },
      });
    conflict(3);
    expect(watch.seen()).toEqual([]);
    conflict(11);
    expect(watch.seen()).toEqual(["slow_agreement: The conflict c11 has taken 11 rounds"]);
    expect(watch.figures.meanRounds()).toBe(7);
  });

  it("takes long when two agents go back and forth, however many messages each sends", () => {
    const says = (agent: string, peer: string) =>
      watch.send({ operation: "message", agent, peer, durationNs: 1e6 });
    for (let round = 0; round < 10; round++) {
      says("a", "b");
      says("a", "b");
      says("b", "a");
    }
    expect(watch.seen()).toEqual([]);
    const open = watch.send({ operation: "message", agent: "a", peer: "b" });
    watch.end(open);
    says("b", "a");
    expect(watch.seen()).toEqual(["slow_agreement: a and b have gone back and forth 11 times"]);
    watch.wait(121);
    expect(watch.figures.meanRounds()).toBe(11);
  });
});

describe("loops", () => {
  const call = (tool: string, args: string | undefined, agent = "a") =>
    watch.send({ operation: "execute_tool", tool, agent, durationNs: 1e6 }, args);

  it("are the same call again and again", () => {
    for (let times = 0; times < 4; times++) call("search", '{"q":"x"}');
    expect(watch.seen()).toEqual([]);
    const open = watch.send({ operation: "execute_tool", tool: "search", agent: "a" }, '{"q":"x"}');
    expect(watch.seen()).toEqual(["loop: a has called search 5 times with the same arguments"]);
    watch.end(open);
    expect([...watch.open.values()][0]).toMatchObject({ value: 5, severity: "warning" });
  });

  it("are two calls in turn", () => {
    watch.limits.loop_calls = 100;
    for (let times = 0; times < 4; times++) {
      call("read", '{"f":1}');
      call("write", '{"f":1}');
    }
    expect(watch.seen()).toEqual([
      "loop: a goes back and forth between read and write, 4 times with the same arguments",
    ]);
  });

  it("are no calls with other arguments, of other agents, without arguments, or that may repeat", () => {
    watch.limits.ignore_tools = ["clock"];
    for (let times = 0; times < 12; times++) {
      call("search", JSON.stringify({ times }));
      call("list", "{}", `agent ${times}`);
      call("poll", undefined);
      call("clock", "{}");
    }
    // Agents of one run that do the same are another matter.
    expect(watch.seen().filter((one) => one.startsWith("loop"))).toEqual([]);
  });
});

describe("runs beyond their limits", () => {
  const chat = (more: Partial<SpanRow> = {}) =>
    watch.send({ operation: "chat", agent: "a", durationNs: 1e6, ...more });

  it.each([
    ["tokens", { inputTokens: 1_500_000 }, "3000000 tokens"],
    ["cost", { costUsd: 26, outputTokens: 1 }, "$52.00"],
  ])("are runaways by %s", (_, row, text) => {
    chat(row);
    expect(watch.seen()).toEqual([]);
    chat(row);
    expect(watch.seen()).toEqual([`runaway: A run goes beyond its limits: ${text}`]);
  });

  it("are runaways by steps", () => {
    watch.limits.max_run_steps = 3;
    for (let step = 0; step < 4; step++) chat();
    expect(watch.seen()).toEqual(["runaway: A run goes beyond its limits: 4 steps"]);
  });

  it("are runaways by time, while they go on", () => {
    watch.limits.max_run_duration = 60_000 as Limits["max_run_duration"];
    watch.send({ operation: "invoke_agent", agent: "a" });
    watch.wait(58);
    expect(watch.seen()).toEqual([]);
    watch.wait(5);
    expect(watch.seen()).toEqual([
      expect.stringMatching(/^runaway: A run goes beyond its limits: 6\d s$/),
    ]);
  });
});

it("texts of spans stay on one line and short", () => {
  claims("a", `x\n\u001b[31m${"y".repeat(1000)}`);
  claims("b\r\n[error] forged", "<img src=x onerror=alert(1)>");
  const [finding] = watch.open.values();
  // oxlint-disable-next-line no-control-regex -- none must be there
  expect(finding?.summary).not.toMatch(/[\u0000-\u001f]/);
  expect(finding?.summary.length).toBeLessThan(600);
  expect(finding?.evidence[1]?.agent).toBe("b [error] forged");
});
