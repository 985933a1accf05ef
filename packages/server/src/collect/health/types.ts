import type { CheckResult } from "@fleetlight/contract";

import type { Config } from "#config";
import type { Now, Outbound } from "#lib";

import type { WatchedService } from "../services/index.ts";

/** What one probe found out. */
export interface ProbeOutcome extends Omit<CheckResult, "at"> {
  /** The service answers, and says itself that it is not well. */
  degraded: boolean;
}

export interface ProbeContext {
  outbound: Outbound;
  config: () => Config;
  now: Now;
  /** When this process began to check; heartbeats before that may have been missed. */
  startedMs: number;
  /** Breaks probes off when the server stops. */
  signal: AbortSignal;
}

/** One way to find out whether a service is well. */
export interface Checker {
  /** Resolves with null when there is nothing to say yet; never rejects because of the service. */
  probe(service: WatchedService, context: ProbeContext): Promise<ProbeOutcome | null>;
  /** When the next probe is due at the latest, Unix ms, besides the interval; Infinity when nothing asks for one. */
  deadlineMs(service: WatchedService, context: ProbeContext): number;
}
