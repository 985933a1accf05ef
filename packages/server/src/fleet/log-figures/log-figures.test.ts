import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { createLogger } from "#lib";
import { createMemoryTelemetry, type LogLine, type TelemetryStore } from "#store";

import { LogFigures } from "./log-figures.ts";

let telemetry: TelemetryStore;
let figures: LogFigures;

beforeEach(async () => {
  telemetry = await createMemoryTelemetry();
  figures = new LogFigures({
    logs: telemetry.logs,
    metrics: telemetry.metrics,
    now: Date.now,
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
  });
  figures.start();
});
afterEach(async () => {
  await figures.stop();
  await telemetry.close();
});

const line = (service: string, severity: number): LogLine => ({
  timeNs: `${Date.now()}000000`,
  service,
  scope: "",
  severity,
  severityText: "",
  event: "",
  body: "x",
  traceId: "",
  spanId: "",
  agent: "",
  workflow: "",
  task: "",
  conversation: "",
  attributes: {},
  resource: {},
});

const labelsOf = (service: string, severity: string) => ({
  __name__: "fleetlight_log_lines_total",
  job: "fleetlight",
  room: "logs",
  service,
  severity,
});

const valuesOf = async (tenant: string, service: string, severity: string): Promise<number[]> => {
  const ref = telemetry.metrics.find(tenant, labelsOf(service, severity));
  if (ref === undefined) return [];
  const [series] = await telemetry.metrics.range(tenant, [ref], 0, 1e14);
  return [...(series?.values ?? [])];
};

it("counts lines by service and severity, from 0 on, for their tenant", async () => {
  await telemetry.logs.append("default", [line("desk", 17), line("desk", 18), line("desk", 9)]);
  await vi.waitFor(
    async () => {
      const values = await valuesOf("default", "desk", "error");
      expect([values[0], values.at(-1)]).toEqual([0, 2]);
    },
    { timeout: 15_000, interval: 100 },
  );
  expect((await valuesOf("default", "desk", "info")).at(-1)).toBe(1);
  expect(await valuesOf("other", "desk", "error")).toEqual([]);
}, 20_000);

it("of very many services the last ones are counted together", async () => {
  const lines = Array.from({ length: 300 }, (_, i) => line(`service-${i}`, 9));
  await telemetry.logs.append("default", lines);
  await vi.waitFor(
    async () => expect((await valuesOf("default", "_others", "info")).at(-1)).toBe(50),
    { timeout: 15_000, interval: 100 },
  );
  expect(telemetry.metrics.find("default", labelsOf("service-299", "info"))).toBeUndefined();
}, 20_000);
