import { formatDuration, type DurationMs } from "#lib";
import type { z } from "zod";

import { TIMER_RANGE, duration } from "./fields.ts";
import type { Config } from "./schema.ts";

/** Default of `scrape.timeout`. */
export const SCRAPE_TIMEOUT: DurationMs = 10_000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withRetentionHours(input: Record<string, unknown>): Record<string, unknown> {
  const hours = isObject(input.monitoring) ? input.monitoring.metrics_retention_hours : undefined;
  const storage = input.storage ?? {};
  const retention = isObject(storage) ? (storage.retention ?? {}) : undefined;
  if (typeof hours !== "number" || !isObject(storage) || !isObject(retention)) return input;
  if (retention.metrics !== undefined) return input;
  return { ...input, storage: { ...storage, retention: { ...retention, metrics: hours * 3600 } } };
}

function withFittingTimeout(input: Record<string, unknown>): Record<string, unknown> {
  const { scrape } = input;
  if (!isObject(scrape) || scrape.interval === undefined || scrape.timeout !== undefined)
    return input;
  const interval = duration(TIMER_RANGE).safeParse(scrape.interval);
  if (!interval.success || interval.data >= SCRAPE_TIMEOUT) return input;
  return { ...input, scrape: { ...scrape, timeout: scrape.interval } };
}

/**
 * Defaults that depend on other fields: `monitoring.metrics_retention_hours` stands for an absent
 * `storage.retention.metrics`, and an absent `scrape.timeout` is never longer than the interval.
 */
export const fillDependentDefaults = (input: unknown): unknown =>
  isObject(input) ? withFittingTimeout(withRetentionHours(input)) : input;

/** Whether an address to listen on can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare === "::1" || /^127(?:\.\d{1,3}){3}$/.test(bare);
}

type Report = (path: (string | number)[], message: string) => void;

function checkAccess(config: Config, report: Report): void {
  const { mode, tokens } = config.auth;
  if (mode === "tokens" && tokens.length === 0) {
    report(
      ["auth", "mode"],
      "no token is configured: add one to auth.tokens (`fleetlight hash-token` makes one)",
    );
  } else if (mode !== "none" && tokens.length === 0 && !isLoopback(config.server.host)) {
    report(
      ["server", "host"],
      `${config.server.host} can be reached by other machines, and no authentication is configured: ` +
        "add a token to auth.tokens (`fleetlight hash-token` makes one), or write auth.mode: none to let everybody in",
    );
  }
}

function reportRepetitions(values: string[], report: (index: number, first: number) => void): void {
  const seen = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else report(index, first);
  }
}

/** Rules that concern several fields. They run only once every single field is right. */
export function checkAcrossFields(config: Config, context: z.RefinementCtx): void {
  const report: Report = (path, message) => context.addIssue({ code: "custom", path, message });
  checkAccess(config, report);
  const { scrape, server } = config;
  if (scrape.timeout > scrape.interval) {
    report(
      ["scrape", "timeout"],
      `${formatDuration(scrape.timeout)} is longer than scrape.interval (${formatDuration(scrape.interval)})`,
    );
  }
  if (
    server.dashboard_port !== undefined &&
    server.dashboard_port !== 0 &&
    server.dashboard_port === server.port
  ) {
    report(["server", "dashboard_port"], "must differ from server.port");
  }
  reportRepetitions(
    config.services.map((service) => service.id),
    (index, first) => report(["services", index, "id"], `is already the id of services[${first}]`),
  );
  reportRepetitions(
    config.auth.tokens.map((token) => token.name),
    (index, first) =>
      report(["auth", "tokens", index, "name"], `is already the name of auth.tokens[${first}]`),
  );
}
