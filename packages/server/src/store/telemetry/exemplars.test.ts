import { afterEach, beforeEach, expect, it } from "vitest";

import type { LabelSet } from "#lib";

import { createMemoryTelemetry, type TelemetryStore } from "./index.ts";

const T0 = Date.UTC(2026, 5, 1, 12);

let store: TelemetryStore;
let ref = 0;
beforeEach(async () => {
  store = await createMemoryTelemetry({ now: () => T0 });
  const appender = store.metrics.appender("default");
  ref = appender.series({ __name__: "requests_total" });
  appender.append(ref, T0, 1);
  await appender.commit();
});
afterEach(() => store.close());

const append = (labels: LabelSet) =>
  store.exemplars.append("default", [{ ref, labels, timeMs: T0, value: 1 }]);

it.each<[string, LabelSet, number]>([
  ["128 characters", { trace_id: "x".repeat(120) }, 0],
  ["129 characters", { trace_id: "x".repeat(121) }, 1],
  ["128 characters of two units each", { "😀": "😀".repeat(127) }, 0],
  ["129 characters in many labels", { a: "x".repeat(64), b: "x".repeat(63) }, 1],
  ["a megabyte", { trace_id: "x".repeat(1 << 20) }, 1],
  ["no labels", {}, 0],
])("exemplars with %s", async (_what, labels, refused) => {
  expect(await append(labels)).toBe(refused);
  expect(store.exemplars.query("default", [ref], 0, T0)).toHaveLength(1 - refused);
});
