import { AlertRuleInput } from "@fleetlight/contract";
import { ConfigSchema, type ConfigInput, type RuleFile } from "#config";
import { createLogger, DEFAULT_TENANT, NAME_LABEL } from "#lib";
import { createRegistry } from "@fleetlight/sdk";
import { createPromQLQueries } from "#query";
import { createMemoryTelemetry, createStateStore, type StateStore } from "#store";

import { createRules } from "./rules.ts";
import type { Evaluation } from "../types.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

/** A rule as the API's door hands it over. */
export const ruleInput = (more: Partial<AlertRuleInput> = {}): AlertRuleInput =>
  AlertRuleInput.parse({
    id: "queue",
    name: "Queue is long",
    metric: "queue_length",
    condition: ">",
    threshold: 10,
    ...more,
  });

/** Real stores and real rules; what the rules emit is written down. */
export async function createBench(
  options: { config?: ConfigInput; state?: StateStore; files?: () => RuleFile[] } = {},
) {
  const now = Date.now;
  const state = options.state ?? (await createStateStore({ path: ":memory:" }, { now, logger }));
  const telemetry = await createMemoryTelemetry({ now });
  const registry = createRegistry();
  const emitted: Evaluation[] = [];
  const config = ConfigSchema.parse(options.config ?? {});
  const queries = createPromQLQueries({
    metrics: telemetry.metrics,
    config: () => config.query,
    subqueryStepMs: () => 60_000,
    registry,
    logger,
    now,
  });
  const rules = createRules({
    state,
    metrics: telemetry.metrics,
    queries,
    config,
    files: options.files ?? (() => []),
    now,
    logger,
    registry,
    emit: (evaluations) => emitted.push(...evaluations),
  });
  return {
    state,
    metrics: telemetry.metrics,
    registry,
    rules,
    emitted,
    /** Takes what was emitted since the last time, in short: `firing 12 api`. */
    told: (): string[] =>
      emitted
        .splice(0)
        .map((one) =>
          one.kind === "active"
            ? `${one.state} ${one.value} ${one.labels["service"] ?? ""}`.trim()
            : `resolved ${one.value ?? "gone"}`,
        ),
    /** Writes one sample of a series of a service, now. */
    async sample(
      value: number | "stale",
      labels: Record<string, string> = {},
      tenant: string = DEFAULT_TENANT,
    ): Promise<void> {
      const appender = telemetry.metrics.appender(tenant);
      const ref = appender.series({ [NAME_LABEL]: "queue_length", service: "api", ...labels });
      if (value === "stale") appender.appendStale(ref, now());
      else appender.append(ref, now(), value);
      await appender.commit();
    },
    async close(): Promise<void> {
      await rules.stop();
      await telemetry.close();
    },
  };
}

export type Bench = Awaited<ReturnType<typeof createBench>>;
