import { setTimeout as sleep } from "node:timers/promises";

import { describeError } from "#lib";

import type { FillRules } from "./hour-book.ts";

/** Pause between two rounds. */
const ROUND_MS = 60_000;
/** Most of what comes late has come by then. */
const CLOSED_AFTER_MS = 10 * 60_000;
const QUIET_MS = 5 * 60_000;

/** Somebody who sums up hours; without it nothing is summed up. */
export interface HourFiller {
  fillHours?(rules: FillRules): Promise<number>;
}

/** Sums up hours that are over, behind everything else. @returns a function that ends it and waits for what is under way. */
export function startFilling(
  fillers: readonly HourFiller[],
  onError: (message: string) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const rules = { closedAfterMs: CLOSED_AFTER_MS, quietMs: QUIET_MS, signal: stop.signal };
  const rounds = async () => {
    for (;;) {
      await sleep(ROUND_MS, undefined, { signal: stop.signal, ref: false });
      for (const filler of fillers)
        try {
          await filler.fillHours?.(rules);
        } catch (error) {
          onError(`summing up hours failed, trying again: ${describeError(error)}`);
        }
    }
  };
  const ended = rounds().catch(() => undefined);
  return async () => {
    stop.abort();
    await ended;
  };
}
