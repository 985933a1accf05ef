import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { createMemoryTelemetry, type TelemetryStore } from "../index.ts";
import { WriteAheadLog } from "../wal.ts";
import { spanRecord } from "./fixture.ts";
import { TailSampler, type SamplingPolicy } from "./tail-sampler.ts";

const POLICY: SamplingPolicy = {
  waitMs: 10_000,
  errors: true,
  slowerThanMs: 5000,
  costlierThanUsd: 0.5,
  share: 0,
  maxSpans: 100,
};
/** By their ends: of the first tenth of all traces, and of the rest. */
const LUCKY = `${"a".repeat(20)}000000000001`;
const TRACE = `${"a".repeat(20)}ffffffffffff`;

let nowMs = 1_780_315_200_000;
let directory = "";
let store: TelemetryStore;
let policy: SamplingPolicy | undefined;
let sampler: TailSampler;

const create = () =>
  new TailSampler({
    policy: () => policy,
    write: (tenant, spans, following) => store.spans.append(tenant, spans, following),
    wal: new WriteAheadLog(directory),
    now: () => nowMs,
    onError: (message) => {
      throw new Error(message);
    },
  });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-sampling-"));
  policy = POLICY;
  store = await createMemoryTelemetry({ now: () => nowMs });
  sampler = create();
  await sampler.start();
});
afterEach(async () => {
  await sampler.stop();
  await store.close();
  rmSync(directory, { recursive: true });
});

let ids = 0;
const span = (row: Parameters<typeof spanRecord>[0] = {}) =>
  spanRecord({
    traceId: TRACE,
    spanId: (++ids).toString(16).padStart(16, "0"),
    startNs: `${nowMs}000000`,
    durationNs: 1e6,
    status: 0,
    ended: true,
    costUsd: 0,
    ...row,
  });
const later = async (ms = POLICY.waitMs) => {
  nowMs += ms;
  await sampler.tick();
};
const kept = async (traceId = TRACE) => (await store.spans.trace("t", traceId, 100)).length;

it.each<[string, Parameters<typeof spanRecord>[0], number]>([
  ["is nothing special", {}, 0],
  ["has an error", { status: 2 }, 2],
  ["takes long", { durationNs: 6e9 }, 2],
  ["costs much", { costUsd: 0.6 }, 2],
  ["goes on", { ended: false }, 2],
])("decides about a trace that %s", async (_name, row, expected) => {
  await sampler.offer("t", [span(), span(row)], 0);
  await later(POLICY.waitMs - 1);
  expect([await kept(), sampler.pending("t").length]).toEqual([0, 2]);
  await later(1);
  expect([await kept(), sampler.pending("t").length]).toEqual([expected, 0]);
  expect(sampler.stats()).toMatchObject({
    waitingSpans: 0,
    keptSpans: expected,
    droppedSpans: 2 - expected,
  });
});

it("keeps a share of the rest, the same on every server", async () => {
  policy = { ...POLICY, share: 0.1 };
  await sampler.offer("t", [span(), span({ traceId: LUCKY })], 0);
  await later();
  expect([await kept(), await kept(LUCKY)]).toEqual([0, 1]);
});

it("treats what comes later as it treated the trace, until that becomes interesting", async () => {
  await sampler.offer("t", [span()], 0);
  await later();
  await sampler.offer("t", [span()], 0);
  expect([await kept(), sampler.stats().droppedSpans]).toEqual([0, 2]);
  await sampler.offer("t", [span({ status: 2 })], 0);
  await sampler.offer("t", [span()], 0);
  expect(await kept()).toBe(2);
});

it("decides early about the oldest when too many wait, and refuses far too many", async () => {
  await sampler.offer("t", [span({ traceId: LUCKY, status: 2 })], 0);
  await sampler.offer(
    "t",
    Array.from({ length: 100 }, () => span()),
    0,
  );
  await sampler.tick();
  expect(sampler.stats()).toMatchObject({ early: 1, waitingSpans: 100, keptSpans: 1 });
  const many = Array.from({ length: 101 }, () => span());
  await expect(sampler.offer("t", many, 0)).rejects.toMatchObject({ status: 503 });
});

it("knows after a crash what waited, and gives its log up when nothing does", async () => {
  await sampler.offer("t", [span({ status: 2 })], 0);
  await sampler.offer("t", [span({ traceId: LUCKY })], 0);
  // No stop: the process is gone.
  sampler = create();
  await sampler.start();
  expect(sampler.pending("t")).toHaveLength(2);
  await later();
  expect([await kept(), await kept(LUCKY)]).toEqual([1, 0]);
  await later();
  expect(readdirSync(directory)).toEqual([]);
});

it("writes everything that waits when it is turned off", async () => {
  await sampler.offer("t", [span()], 0);
  policy = undefined;
  await sampler.tick();
  await sampler.offer("t", [span()], 0);
  expect([await kept(), sampler.pending("t").length]).toEqual([2, 0]);
});
