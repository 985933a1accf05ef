import {
  ReceiverList,
  ReceiverPreview,
  ReceiverPreviewInput,
  ReceiverTest,
  type Receiver,
  type ReceiverIntegration,
} from "@fleetlight/contract";
import { z } from "zod";

import type { IntegrationConfig, ReceiverConfig } from "#config";
import { isoTime } from "#lib";
import type { ChannelHealth, TestResult } from "#respond";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const tags = ["receivers"];
const ByName = z.object({ name: z.string().min(1).max(1024) });

const timeOrNull = (timeMs: number | null): string | null =>
  timeMs === null ? null : isoTime(timeMs);

const showHealth = (health: ChannelHealth): ReceiverIntegration["health"] => ({
  circuit: health.circuit,
  consecutive_failures: health.consecutiveFailures,
  open_since: timeOrNull(health.openSinceMs),
  last_success_at: timeOrNull(health.lastSuccessMs),
  last_error: health.lastError,
  queued: health.queued,
  in_flight: health.inFlight,
  oldest_queued_at: timeOrNull(health.oldestQueuedMs),
});

function showIntegration(
  { kind, index, config }: IntegrationConfig,
  health: ChannelHealth | undefined,
): ReceiverIntegration {
  return {
    name: `${kind}[${index}]`,
    kind,
    target: health?.target ?? "",
    send_resolved: config.send_resolved,
    severities: config.severities ?? null,
    rate_limit_per_minute: config.rate_limit_per_minute ?? null,
    max_attempts: config.max_attempts,
    max_age_seconds: config.max_age / 1000,
    fallback_receiver: config.fallback_receiver ?? null,
    health: health ? showHealth(health) : null,
  };
}

const showReceiver = (
  { name, integrations }: ReceiverConfig,
  channels: ReadonlyMap<string, ChannelHealth>,
): Receiver => ({
  name,
  integrations: integrations.map((integration) =>
    showIntegration(integration, channels.get(`${name}/${integration.kind}[${integration.index}]`)),
  ),
});

const showResult = ({ integration, target, result }: TestResult) => ({
  integration,
  target,
  ok: result.ok,
  status_code: result.statusCode,
  error: result.ok ? null : result.error,
  retryable: !result.ok && result.retryable,
});

/** Receivers of the configuration: what they are, whether they work, and what they would be told. */
export function receiverRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/receivers",
    schema: {
      tags,
      summary: "Receivers with their integrations and how well these work",
      response: { 200: ReceiverList },
    },
    handler: async () => {
      const channels = new Map(
        doors.alertmanager.channels().map((channel) => [channel.name, channel]),
      );
      const receivers = doors.manager
        .alertmanager()
        .receivers.map((receiver) => showReceiver(receiver, channels));
      return { receivers, count: receivers.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/receivers/:name/test",
    schema: {
      tags,
      summary: "Send a sample to a receiver, at once and once",
      description: "Answers 200 when somebody could not be told as well: `results` says why.",
      params: ByName,
      response: { 200: ReceiverTest },
    },
    handler: async (request) => {
      const { name } = request.params;
      const results = await doors.alertmanager.testReceiver(tenantOf(request), name);
      return {
        receiver: name,
        ok: results.every(({ result }) => result.ok),
        results: results.map(showResult),
      };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/receivers/:name/preview",
    config: { access: "read" },
    schema: {
      tags,
      summary: "What a receiver would be told of a sample, or of an alert",
      params: ByName,
      body: ReceiverPreviewInput.nullish(),
      response: { 200: ReceiverPreview },
    },
    handler: async (request) => {
      const { name } = request.params;
      const previews = await doors.alertmanager.preview(
        tenantOf(request),
        name,
        request.body?.fingerprint,
      );
      return { receiver: name, previews };
    },
  });
}
