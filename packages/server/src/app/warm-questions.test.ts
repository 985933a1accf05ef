import { createRegistry } from "@fleetlight/sdk";
import { expect, it } from "vitest";

import { ConfigSchema } from "#config";
import { createLogger, parseSelector, type LabelSet } from "#lib";
import { createPromQLQueries } from "#query";
import { createMemoryTelemetry } from "#store";

import { warmQuestions } from "./warm-questions.ts";

const NOW = Date.UTC(2026, 5, 1, 12, 0, 7);

async function storeWith(series: readonly LabelSet[], samples = 40) {
  const telemetry = await createMemoryTelemetry({ now: () => NOW });
  const appender = telemetry.metrics.appender("default");
  for (const labels of series)
    for (let at = samples; at > 0; at--)
      appender.append(appender.series(labels), NOW - at * 15_000, at);
  await appender.commit();
  return telemetry;
}

const expressions = (rounds: readonly (readonly string[])[]) =>
  rounds.flat().flatMap((url) => new URL(url, "http://localhost").searchParams.get("query") ?? []);

const fleet = (agents: number): LabelSet[] =>
  Array.from({ length: agents }, (_, i) => ({
    agent: `a "${i}"`,
    job: i % 2 === 0 ? "x" : "y",
  })).flatMap((labels) => [
    { __name__: "depth", ...labels },
    { __name__: "requests_total", ...labels },
    { __name__: "seconds_bucket", le: "1", ...labels },
    { __name__: "seconds_bucket", le: "+Inf", ...labels },
  ]);

it("has nothing to ask where there are no series", async () => {
  const telemetry = await storeWith([]);
  expect(warmQuestions(telemetry.metrics, "default")).toEqual([]);
  await telemetry.close();
});

it.each([
  ["a fleet", fleet(20)],
  ["one series without labels", [{ __name__: "kept" }]],
  [
    "names that need quotes beside others",
    [{ __name__: "a.b" }, { __name__: "by", "x.y": "z" }, { __name__: "c_total", job: "d" }],
  ],
])("asks expressions about %s that can be answered", async (_, series) => {
  const telemetry = await storeWith(series);
  const queries = createPromQLQueries({
    metrics: telemetry.metrics,
    config: () => ConfigSchema.parse({}).query,
    subqueryStepMs: () => 60_000,
    registry: createRegistry(),
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
    now: () => NOW,
  });
  const asked = expressions(warmQuestions(telemetry.metrics, "default"));
  expect(asked.length).toBeGreaterThan(20);
  const answers = await Promise.all(asked.map((text) => queries.instant("default", text, NOW)));
  expect(answers.map(({ data }) => data.kind)).toEqual(asked.map(() => "vector"));
  await telemetry.close();
});

it.each([
  ["few series, and some of all,", 300, 150],
  ["few series alone", 1100, 1],
])("asks about %s of a metric that has %d", async (_, agents, most) => {
  const telemetry = await storeWith(fleet(agents), 2);
  const selected = expressions(warmQuestions(telemetry.metrics, "default"))
    .flatMap((text) => text.match(/\{__name__="depth"[^}]*\}/g) ?? [])
    .map((text) => telemetry.metrics.select("default", parseSelector(text)).length);
  expect(Math.max(...selected)).toBe(most);
  expect(selected.filter((count) => count > 1).length).toBeLessThan(selected.length / 4);
  await telemetry.close();
});
