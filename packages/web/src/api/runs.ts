import type { Trace, TraceList } from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { RunsSearch } from "../app/run-search.ts";
import { get } from "./client.ts";
import { paths } from "./paths.ts";

/** Runs of a list; the newest are what one looks for. */
const RUNS_SHOWN = 200;
const REFRESH_MS = 5000;
/** A run that has ended may still get spans that were late. */
const ENDED_REFRESH_MS = 30_000;

export const runsQuery = ({ hours = 1, q, errors }: RunsSearch) =>
  queryOptions({
    queryKey: ["runs", hours, q ?? "", errors ?? false],
    queryFn: ({ signal }) =>
      get<TraceList>(
        paths.runs({
          start: Math.floor(Date.now() / 1000 - hours * 3600),
          limit: RUNS_SHOWN,
          errors: errors === true ? "true" : undefined,
          ...filterOf(q),
        }),
        signal,
      ),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });

/** What may stand before the colon of a filter; anything else is an attribute. */
const FIELDS = ["agent", "service", "tool", "model", "name", "conversation", "workflow"] as const;

/** `agent:lead`, `http.method=GET`, or a bare word, which is taken for an agent. */
export function filterOf(text: string | undefined): Record<string, string> {
  const trimmed = (text ?? "").trim();
  if (trimmed === "") return {};
  const colon = trimmed.indexOf(":");
  const field = FIELDS.find((one) => one === trimmed.slice(0, Math.max(0, colon)));
  if (field !== undefined) return { [field]: trimmed.slice(colon + 1).trim() };
  return trimmed.includes("=") ? { attribute: trimmed } : { agent: trimmed };
}

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => get<Trace>(paths.run(id), signal),
    refetchInterval: ({ state }) => (state.data?.ended === false ? REFRESH_MS : ENDED_REFRESH_MS),
  });
