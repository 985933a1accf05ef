import { formatDuration } from "#lib";

import type { WatchedService } from "../../services/index.ts";
import type { Checker, ProbeContext, ProbeOutcome } from "../types.ts";

/** When silence becomes a failure. What was sent while nobody listened counts neither for nor against the service. */
function silenceEndsMs(service: WatchedService, { config, startedMs }: ProbeContext): number {
  const since = Math.max(service.lastHeartbeatMs ?? 0, service.updatedAtMs, startedMs);
  return since + config().checks.heartbeat_timeout;
}

const outcome = (healthy: boolean, error: string | null): ProbeOutcome => ({
  healthy,
  degraded: false,
  response_time: 0,
  status_code: null,
  error,
});

async function probe(service: WatchedService, context: ProbeContext): Promise<ProbeOutcome | null> {
  const nowMs = context.now();
  const { lastHeartbeatMs } = service;
  const timeoutMs = context.config().checks.heartbeat_timeout;
  if (lastHeartbeatMs !== null && nowMs - lastHeartbeatMs < timeoutMs) return outcome(true, null);
  if (nowMs < silenceEndsMs(service, context)) return null;
  if (lastHeartbeatMs === null) return outcome(false, "no heartbeat has come yet");
  const seconds = Math.floor((nowMs - lastHeartbeatMs) / 1000);
  return outcome(false, `no heartbeat for ${formatDuration(seconds * 1000)}`);
}

/** Expects heartbeats; silence for `checks.heartbeat_timeout` is a failure. */
export const heartbeatChecker: Checker = {
  probe,
  deadlineMs(service, context) {
    const endsMs = silenceEndsMs(service, context);
    return endsMs > context.now() ? endsMs : Infinity;
  },
};
