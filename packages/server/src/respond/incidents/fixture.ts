import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigSchema, type ConfigInput } from "#config";
import { createOutbound, DEFAULT_TENANT } from "#lib";

import { alertmanagerConfig, createBench, logger } from "../fixture.ts";
import { createOnCallRoom } from "./compose.ts";

/** A moment at which nobody sleeps. */
export const NOON = Date.parse("2026-11-21T12:00:00Z");

const FAR_MS = 30 * 86_400_000;

/** Receivers `ops` and `night` that post to a URL, and groups that hold their first notification for a day. */
const receiversOf = (url: string): string => `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 1d
  repeat_interval: 30d
receivers:
  - name: ops
    webhook_configs: [{ url: "${url}/ops" }]
  - name: night
    webhook_configs: [{ url: "${url}/night" }]
`;

/**
 * The pipeline, people and incidents on a real database with a clock that stands still. A second one in the same
 * directory is what follows a restart.
 */
// oxlint-disable-next-line max-lines-per-function -- most of it is what tests do with it
export async function createIncidentBench(options: {
  directory?: string;
  /** Where notifications are posted. */
  url?: string;
  config?: ConfigInput;
  /** Routes and receivers that stand in for those two. */
  receivers?: string;
  nowMs?: number;
  related?: (tenant: string, service: string) => Iterable<string>;
}) {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "fleetlight-incidents-"));
  const clock = { nowMs: options.nowMs ?? NOON };
  const now = (): number => clock.nowMs;
  const config = ConfigSchema.parse(options.config ?? {});
  const receivers = alertmanagerConfig(
    join(directory, "alertmanager.yml"),
    options.receivers ?? receiversOf(options.url ?? "http://127.0.0.1:9"),
  );
  const bench = await createBench({
    path: join(directory, "state.sqlite"),
    config,
    alertmanager: receivers,
    now,
  });
  const policy = { allowLinkLocal: false, allowAddresses: [] };
  const outbound = createOutbound(policy);
  const { alertmanager, state, registry } = bench;
  const room = createOnCallRoom({
    state,
    alertmanager,
    config: () => config,
    receivers: () => receivers,
    outbound,
    policy: () => policy,
    related: options.related ?? (() => []),
    now,
    logger,
    registry,
  });
  await room.load();
  await bench.alerts.start();
  await room.start();
  const { incidents } = room;
  return {
    ...bench,
    ...room,
    directory,
    clock,
    fire: async (labels: Record<string, string>, annotations: Record<string, string> = {}) => {
      await alertmanager.post(DEFAULT_TENANT, [
        { labels, annotations, startsAtMs: clock.nowMs, endsAtMs: clock.nowMs + FAR_MS },
      ]);
      await incidents.tick(clock.nowMs);
    },
    end: async (labels: Record<string, string>) => {
      await alertmanager.post(DEFAULT_TENANT, [{ labels, annotations: {}, endsAtMs: clock.nowMs }]);
      await incidents.tick(clock.nowMs);
    },
    /** Lets time pass, in steps of at most `stepMs`. */
    pass: async (durationMs: number, stepMs = 30_000) => {
      const endMs = clock.nowMs + durationMs;
      while (clock.nowMs < endMs) {
        clock.nowMs = Math.min(endMs, clock.nowMs + stepMs);
        room.maintenance.tick(clock.nowMs);
        await incidents.tick(clock.nowMs);
      }
    },
    list: async () => (await incidents.list(DEFAULT_TENANT, { limit: 100 })).incidents,
    texts: async (id: string) =>
      (await incidents.timeline(DEFAULT_TENANT, id, 0, 1000)).entries.map(({ text }) => text),
    crash: async () => {
      await bench.crash();
      await room.stop();
      await outbound.close();
    },
    close: async () => {
      await room.stop();
      await bench.close();
      await outbound.close();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type IncidentBench = Awaited<ReturnType<typeof createIncidentBench>>;
