import type { TraceSummary } from "@fleetlight/contract";

import { MISSING } from "../../format/units.ts";

export type RunState = "failed" | "running" | "done";

export const RUN_WORDS: Readonly<Record<RunState, string>> = {
  failed: "Has errors",
  running: "Going on",
  done: "Done",
};

export const runState = (run: Pick<TraceSummary, "errors" | "ended">): RunState =>
  run.errors > 0 ? "failed" : run.ended ? "done" : "running";

/** US dollars; small sums with as many digits as say something. Nobody knows the price of everything. */
export function money(usd: number | null): string {
  if (usd === null) return MISSING;
  if (usd === 0) return "$0";
  return usd >= 1 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
}
