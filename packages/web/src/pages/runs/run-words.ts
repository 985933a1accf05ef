import type { Bottleneck, Trace, TraceSummary } from "@fleetlight/contract";

import { MISSING, formatCount, plural } from "../../format/units.ts";

export type RunState = "failed" | "errors" | "running" | "stale" | "done";

export const RUN_WORDS: Readonly<Record<RunState, string>> = {
  failed: "Failed",
  errors: "Done, with errors",
  running: "Going on",
  stale: "Stopped talking",
  done: "Done",
};

/** As the server says it; a run that is done although a part of it failed is told apart. */
export const runState = ({ state, errors }: Pick<TraceSummary, "state" | "errors">): RunState =>
  state === "done" && errors > 0 ? "errors" : state;

/** US dollars; small sums with as many digits as say something. Nobody knows the price of everything. */
export function money(usd: number | null): string {
  if (usd === null) return MISSING;
  if (usd === 0) return "$0";
  return usd >= 1 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
}

/** A sum of which parts may be unknown says so. */
export function costWords({
  cost_usd,
  cost_unknown_calls,
}: Pick<TraceSummary, "cost_usd" | "cost_unknown_calls">): string {
  if (cost_unknown_calls === 0) return money(cost_usd);
  const unknown = `${plural(cost_unknown_calls, "call")} of unknown price`;
  return cost_usd === null ? unknown : `${money(cost_usd)} and ${unknown}`;
}

export const tokenWords = ({
  input_tokens,
  output_tokens,
}: Pick<TraceSummary, "input_tokens" | "output_tokens">): string =>
  input_tokens + output_tokens === 0
    ? MISSING
    : `${formatCount(input_tokens)} in, ${formatCount(output_tokens)} out`;

/** What a run is called in lists and titles. */
export const runName = ({
  workflow,
  name,
  trace_id,
}: Pick<TraceSummary, "workflow" | "name" | "trace_id">): string =>
  workflow || name || trace_id.slice(0, 8);

export const HAND_WORDS: Readonly<Record<Trace["edges"][number]["kind"], string>> = {
  handoff: "handed over to",
  delegation: "asked",
  message: "told",
  wait: "waited for",
};

export const BOTTLENECK_WORDS: Readonly<Record<Bottleneck["kind"], string>> = {
  waits: "Waiting",
  sequential: "One after the other",
  retries: "Tried again",
  slow_call: "Slow call",
  gap: "Nothing happened",
};
