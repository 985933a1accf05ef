import type {
  ErrorGroups,
  Trace,
  TraceAnalysisReport,
  TraceComparison,
  TraceDifferences,
  TraceFacets,
  TraceHeatmap,
  TraceList,
  TraceSpan,
  TraceSummary,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { readRegion, type RunsSearch } from "../app/run-search.ts";
import { askedOf } from "../format/run-filter.ts";
import { get } from "./client.ts";
import { runPaths } from "./paths.ts";
import { askSpans, loadRun, type LoadedRun } from "./run-spans.ts";

/** Runs of a list; the newest are what one looks for. */
export const RUNS_SHOWN = 500;
const REFRESH_MS = 5000;
/** Counts over all runs cost more than the newest of them, and nobody watches them by the second. */
const COUNTS_REFRESH_MS = 15_000;
/** Facets read the columns of every span that matches, which is the dearest question of the page. */
const FACETS_REFRESH_MS = 60_000;
/** A run that has ended may still get spans that were late. */
const ENDED_REFRESH_MS = 30_000;
/** A run of more spans than this is not loaded again by itself. */
const MANY_SPANS = 20_000;

/** Clocks of hosts that are a little ahead must not hide their runs. */
const AHEAD_S = 60;

type Asked = Pick<RunsSearch, "q" | "errors" | "hours" | "sort" | "region" | "live">;

/** What a search asks of the server: the filter's part, and the range of time that ends now. */
function ask({ q, errors, hours = 1, region }: Asked) {
  const { query, attributes } = askedOf(q);
  const chosen = readRegion(region);
  const start = Math.floor(Date.now() / 1000 - hours * 3600);
  return {
    attributes,
    query: {
      ...query,
      ...(errors === true && { errors: "true" }),
      start,
      end: start + hours * 3600 + AHEAD_S,
    },
    chosen,
  };
}

const keyOf = ({ q, errors, hours, sort, region }: Asked) => [
  q ?? "",
  errors ?? false,
  hours ?? 1,
  sort ?? "",
  region ?? "",
];

export const runsQuery = (search: Asked) =>
  queryOptions({
    queryKey: ["runs", ...keyOf(search)],
    queryFn: async ({ signal }) => {
      const { query, attributes, chosen } = ask(search);
      const within = chosen && {
        start: chosen.from,
        end: chosen.to,
        min_run_seconds: chosen.least,
        max_run_seconds: chosen.most,
      };
      const sort = search.sort ?? "newest";
      const all = { ...query, ...within, sort, limit: RUNS_SHOWN };
      const list = await get<TraceList>(runPaths.list(all, attributes), signal);
      if (chosen === undefined) return list;
      // The server looks for spans in the time; the heat map has runs that began in it.
      const began = ({ start }: TraceSummary) => Date.parse(start) / 1000;
      const traces = list.traces.filter(
        (run) => began(run) >= chosen.from && began(run) <= chosen.to,
      );
      return { ...list, traces, count: traces.length };
    },
    refetchInterval: search.live === false ? false : REFRESH_MS,
    placeholderData: keepPreviousData,
  });

/** Counts are of all runs, whatever part of them is listed. */
function unlisted(search: Asked): Asked {
  const { region: _, sort: _sort, ...rest } = search;
  return rest;
}

export const runFacetsQuery = (search: Asked) =>
  queryOptions({
    queryKey: ["run-facets", ...keyOf(unlisted(search))],
    queryFn: ({ signal }) => {
      const { query, attributes } = ask(search);
      return get<TraceFacets>(runPaths.facets(query, attributes), signal);
    },
    refetchInterval: search.live === false ? false : FACETS_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const runHeatmapQuery = (search: Asked) =>
  queryOptions({
    queryKey: ["run-heatmap", ...keyOf(unlisted(search))],
    queryFn: ({ signal }) => {
      const { query, attributes } = ask(search);
      return get<TraceHeatmap>(runPaths.heatmap(query, attributes), signal);
    },
    refetchInterval: search.live === false ? false : COUNTS_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

/** What runs in a region of the heat map have that those outside of it have not. */
export const runDifferencesQuery = (search: Asked) =>
  queryOptions({
    queryKey: ["run-differences", ...keyOf(search)],
    queryFn: ({ signal }) => {
      const { query, attributes, chosen } = ask(search);
      const region = {
        region_start: chosen?.from,
        region_end: chosen?.to,
        region_min_seconds: chosen?.least,
        region_max_seconds: chosen?.most,
      };
      return get<TraceDifferences>(
        runPaths.differences({ ...query, ...region }, attributes),
        signal,
      );
    },
    enabled: readRegion(search.region) !== undefined,
    placeholderData: keepPreviousData,
  });

export const runErrorsQuery = (hours = 1) =>
  queryOptions({
    queryKey: ["run-errors", hours],
    queryFn: ({ signal }) => {
      const start = Math.floor(Date.now() / 1000 - hours * 3600);
      return get<ErrorGroups>(runPaths.errors({ start }), signal);
    },
    refetchInterval: COUNTS_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

/** A run without its spans. */
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => get<Trace>(runPaths.head(id), signal),
    refetchInterval: ({ state }) => (state.data?.ended === false ? REFRESH_MS : ENDED_REFRESH_MS),
  });

/** Its spans as a tree; while it goes on, its tail tells of what comes. */
export const runTreeQuery = (id: string) =>
  queryOptions({
    queryKey: ["run-tree", id],
    queryFn: ({ signal, client, queryKey }) => {
      const isFirst = client.getQueryData(queryKey) === undefined;
      const onPart = (run: LoadedRun) => {
        if (isFirst) client.setQueryData(queryKey, run);
      };
      return loadRun(askSpans(id, signal), onPart, signal);
    },
    // Comparing a million spans with those of before would cost more than drawing them.
    structuralSharing: false,
    staleTime: REFRESH_MS,
    refetchInterval: ({ state }) =>
      (state.data?.tree.spans.length ?? 0) > MANY_SPANS ? false : ENDED_REFRESH_MS,
  });

/** Everything of its spans, with attributes and texts; only for runs of moderate size. */
export const runTextsQuery = (id: string) =>
  queryOptions({
    queryKey: ["run-texts", id],
    queryFn: ({ signal }) => get<Trace>(runPaths.whole(id), signal),
    staleTime: REFRESH_MS,
    refetchInterval: ({ state }) => (state.data?.ended === false ? REFRESH_MS : false),
  });

export const runSpanQuery = (id: string, span: string) =>
  queryOptions({
    queryKey: ["run-span", id, span],
    queryFn: ({ signal }) => get<TraceSpan>(runPaths.span(id, span), signal),
    staleTime: REFRESH_MS,
    refetchInterval: ({ state }) => (state.data?.ended === false ? REFRESH_MS : false),
  });

export const runAnalysisQuery = (id: string) =>
  queryOptions({
    queryKey: ["run-analysis", id],
    queryFn: ({ signal }) => get<TraceAnalysisReport>(runPaths.analysis(id), signal),
    staleTime: REFRESH_MS,
    refetchInterval: ENDED_REFRESH_MS,
  });

export const runComparisonQuery = (a: string, b: string) =>
  queryOptions({
    queryKey: ["run-comparison", a, b],
    queryFn: ({ signal }) => get<TraceComparison>(runPaths.compare(a, b), signal),
    staleTime: ENDED_REFRESH_MS,
  });
