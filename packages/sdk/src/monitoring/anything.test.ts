import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";
import type { Collector } from "../fixture.ts";
import { createMonitoring } from "./index.ts";
import type { Monitoring, Operation } from "./index.ts";

let server: Collector;
let fleet: Monitoring;

beforeAll(async () => {
  server = await startCollector((_, response) => {
    response.end('{"continue":true}');
    return true;
  });
  fleet = createMonitoring({ url: server.url, service: "crew", register: false });
});
afterAll(async () => {
  await fleet.shutdown();
  await server.stop();
});

/** Neither its fields nor its text can be read. */
const unreadable = {
  get id(): string {
    throw new Error("it cannot be read");
  },
  toString(): string {
    throw new Error("it is no text");
  },
};
const bare: unknown = Object.create(null);

/** What a program without types may hand over. */
const VALUES: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["zero", 0],
  ["no number", Number.NaN],
  ["an empty text", ""],
  ["a symbol", Symbol("s")],
  ["a big number", 10n],
  ["a list", [1]],
  ["a function", () => 1],
  ["an object without a prototype", bare],
  ["what cannot be read", unreadable],
  ["fields that cannot be read", { id: unreadable, agent: unreadable, agents: [unreadable, null] }],
  ["odd attributes", { attributes: { a: unreadable, b: Symbol("x"), c: 10n, d: [unreadable] } }],
  ["odd ends", { id: "e", success: unreadable, error: unreadable, quality: "much", rounds: [] }],
];

function touch(operation: Operation, value: never): void {
  operation.usage(value).quality(value).reads(value).writes(value).claims(value, value);
  operation.set(value, value).event(value, value).rename(value).failWith(value).fail(value);
  operation.inject({});
}

type Call = (value: never) => unknown;
const CALLS: Record<string, Call> = {
  startWorkflow: (value) => fleet.startWorkflow(value).complete(value),
  completeWorkflow: (value) => fleet.completeWorkflow(value, value),
  startTask: (value) => fleet.startTask(value).complete(value),
  completeTask: (value) => fleet.completeTask(value, value),
  recordAgentTask: (value) => fleet.recordAgentTask(value),
  startConflict: (value) => fleet.startConflict(value).complete(value),
  resolveConflict: (value) => fleet.resolveConflict(value, value),
  recordConflictResolution: (value) => fleet.recordConflictResolution(value),
  traceTask: (value) => fleet.traceTask(value, (task) => touch(task, value)),
  traceAgentOperation: (value) => fleet.traceAgentOperation(value, value, () => 1, value),
  startAgentOperation: (value) => fleet.startAgentOperation(value, value, value).end(),
  traceCommunication: (value) => fleet.traceCommunication(value),
  waitFor: (value) => fleet.waitFor(value, () => 1, value),
  continueFrom: (value) => fleet.continueFrom(value, () => 1),
  withBaggage: (value) => fleet.withBaggage(value, () => 1),
  "metrics.record": (value) => fleet.metrics.record(value, value, value),
};

describe("whatever a program hands over", () => {
  it.each(VALUES)("%s neither throws nor leaves a span open", (_, value) => {
    for (const [name, call] of Object.entries(CALLS)) {
      expect(() => call(value as never), name).not.toThrow();
      expect(fleet.stats().spans.open, name).toBe(0);
    }
  });

  it.each(VALUES)("%s gets an answer of checkpoint", async (_, value) => {
    expect(await fleet.checkpoint(value as never)).toMatchObject({ continue: true });
  });

  it("can be sent", async () => {
    expect(await fleet.flush()).toBe(true);
    expect(fleet.stats().spans.dropped).toMatchObject({ refused: 0, unreadable: 0 });
  });
});
