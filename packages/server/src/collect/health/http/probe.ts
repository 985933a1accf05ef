import { describeError } from "#lib";

import { endpointUrl, type WatchedService } from "../../services/index.ts";
import type { Checker, ProbeContext, ProbeOutcome } from "../types.ts";

/** The part of an answer that is looked at. */
const MAX_BODY_BYTES = 64 * 1024;

const HEADERS = {
  accept: "application/json, text/plain;q=0.9, */*;q=0.5",
  "user-agent": "Fleetlight (health check)",
};

/** How long one check may take: as the registration says, or the default, but then never longer than the interval. */
function timeoutOf({ registration }: WatchedService, { config }: ProbeContext): number {
  const { check = {} } = registration;
  if (check.timeout_seconds !== undefined) return check.timeout_seconds * 1000;
  const { checks, monitoring } = config();
  const intervalMs = check.interval_seconds
    ? check.interval_seconds * 1000
    : monitoring.health_check_interval;
  return Math.min(checks.timeout, intervalMs);
}

/** Whether an answer is JSON with `"status": "degraded"` or `"warning"`. */
function saysDegraded(body: Buffer): boolean {
  const text = body.toString();
  if (!/"status"\s*:\s*"(degraded|warning)"/i.test(text)) return false;
  try {
    const answer: unknown = JSON.parse(text);
    const status =
      typeof answer === "object" && answer !== null && "status" in answer ? answer.status : "";
    return typeof status === "string" && /^(degraded|warning)$/i.test(status);
  } catch {
    return false;
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Why an answer is not that of a healthy service; null when it is. */
function findFault({ registration }: WatchedService, status: number, body: Buffer): string | null {
  const { expected_status, body_contains } = registration.check ?? {};
  if (expected_status && !expected_status.includes(status)) {
    return `answered HTTP ${status}, expected ${expected_status.join(" or ")}`;
  }
  if (!expected_status && !isSuccess(status)) return `answered HTTP ${status}`;
  if (body_contains !== undefined && !body.includes(body_contains)) {
    return `the answer does not contain ${JSON.stringify(body_contains)}`;
  }
  return null;
}

async function probe(service: WatchedService, context: ProbeContext): Promise<ProbeOutcome> {
  const { url, health_endpoint, check = {} } = service.registration;
  const startedMs = performance.now();
  try {
    const { status, body, durationMs } = await context.outbound.request(
      endpointUrl(url, health_endpoint),
      {
        headers: HEADERS,
        timeoutMs: timeoutOf(service, context),
        maxBodyBytes: MAX_BODY_BYTES,
        truncateBody: true,
        // Somebody who expects a redirect wants to see it.
        followRedirects: !check.expected_status?.some((code) => code >= 300 && code < 400),
        signal: context.signal,
      },
    );
    const error = findFault(service, status, body);
    const degraded = error === null && isSuccess(status) && saysDegraded(body);
    return {
      healthy: error === null,
      degraded,
      response_time: durationMs / 1000,
      status_code: status,
      error,
    };
  } catch (error) {
    return {
      healthy: false,
      degraded: false,
      response_time: (performance.now() - startedMs) / 1000,
      status_code: null,
      error: error instanceof Error ? error.message : describeError(error),
    };
  }
}

/** Asks the health endpoint over HTTP. */
export const httpChecker: Checker = { probe, deadlineMs: () => Infinity };
