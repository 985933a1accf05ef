import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { Budgets, Coordination, EventTeller, type LiveTraces } from "#fleet";
import type { Logger, Now } from "#lib";
import type { StateStore, TelemetryStore } from "#store";

import type { Shutdown } from "./shutdown.ts";

interface Options {
  live: LiveTraces;
  telemetry: TelemetryStore;
  state: StateStore;
  config(): Config;
  now: Now;
  logger: Logger;
  registry: Registry;
  shutdown: Shutdown;
}

/** What watches agents while they work: what they may spend, and what they do to one another. */
export async function startFleetWatch(
  options: Options,
): Promise<{ budgets: Budgets; coordination: Coordination }> {
  const { telemetry, state, config, shutdown } = options;
  const { metrics, events, spans } = telemetry;
  const teller = new EventTeller({ ...options, events });
  shutdown.add("events of the fleet", () => teller.stop());
  const budgets = new Budgets({
    ...options,
    metrics,
    events,
    spans,
    teller,
    repository: state.budgets,
    configured: () => config().budgets,
  });
  await budgets.start();
  shutdown.add("budgets", () => budgets.stop());
  const coordination = new Coordination({
    ...options,
    metrics,
    teller,
    repository: state.findings,
    limits: () => config().coordination,
    stopRun: (...run) => budgets.stopRunaway(...run),
  });
  await coordination.start();
  shutdown.add("coordination", () => coordination.stop());
  return { budgets, coordination };
}
