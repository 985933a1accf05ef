import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { AgentRoom, type LiveTraces } from "#fleet";
import type { Logger, Now } from "#lib";
import { createAgentFigures, createConversations } from "#query";
import type { TelemetryStore } from "#store";

interface Options {
  live: LiveTraces;
  telemetry: TelemetryStore;
  config: () => Config;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** Everything about agents' figures: who counts them, and who answers. */
export function openAgents({ live, telemetry, config, now, logger, registry }: Options) {
  const thresholds = () => {
    const { task_throughput, conflict_resolution } = config().agents;
    return { task_throughput, conflict_resolution };
  };
  const store = telemetry.activities;
  const room = new AgentRoom({
    live,
    spans: telemetry.spans,
    store,
    metrics: telemetry.metrics,
    settings: () => {
      const { silent_after, failing_share, max_activities, max_series } = config().agents;
      return {
        thresholds: thresholds(),
        silentAfterMs: silent_after,
        failingShare: failing_share,
        maxActivities: max_activities,
        maxSeries: max_series,
      };
    },
    now,
    logger,
    registry,
  });
  return {
    room,
    figures: createAgentFigures({
      store,
      recent: room,
      thresholds,
      silentAfterMs: () => config().agents.silent_after,
      now,
    }),
    conversations: createConversations({ store, recent: room, spans: telemetry.spans, now }),
  };
}
