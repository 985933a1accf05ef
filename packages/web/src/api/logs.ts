import type {
  LogHistogram,
  LogLine,
  LogList,
  LogNameList,
  LogPatternList,
  LogValueList,
} from "@fleetlight/contract";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { LogsSearch } from "../app/logs-search.ts";
import { logsAsked } from "../format/log-filter.ts";
import { get } from "./client.ts";
import { logPaths } from "./paths.ts";

const REFRESH_MS = 5000;
const PAGE_LINES = 200;
/** Lines before and after one, in its own service. */
const AROUND_LINES = 8;
const NAMES_REFRESH_MS = 30_000;

/** What decides which lines are shown; not what is looked at among them. */
export type LogsAsking = Pick<LogsSearch, "q" | "level" | "hours" | "from" | "to">;

const keyOf = ({ q, level, hours, from, to }: LogsAsking) => [
  q ?? "",
  level ?? "",
  hours ?? 1,
  from ?? 0,
  to ?? 0,
];

/** The range that is asked for, Unix seconds; it ends now unless one was brushed. */
export function rangeOf({ hours = 1, from, to }: LogsAsking): { start: number; end?: number } {
  if (from !== undefined && to !== undefined) return { start: from, end: to };
  return { start: Math.floor(Date.now() / 1000 - hours * 3600) };
}

const conditions = ({ q, level }: LogsAsking) => {
  const { query, attributes } = logsAsked(q ?? "");
  return { query: { ...query, level }, attributes };
};

function ask(search: LogsAsking) {
  const { query, attributes } = conditions(search);
  return { query: { ...query, ...rangeOf(search) }, attributes };
}

/** A brushed range does not change any more, except for lines that were late. */
const refresh = ({ to }: LogsAsking, isStill = false) =>
  to === undefined && !isStill ? REFRESH_MS : false;

export const logLinesQuery = (search: LogsAsking, isStill: boolean) =>
  infiniteQueryOptions({
    queryKey: ["logs", ...keyOf(search)],
    initialPageParam: "",
    queryFn: ({ signal, pageParam }) => {
      const { query, attributes } = ask(search);
      const page = { ...query, limit: PAGE_LINES, before: pageParam };
      return get<LogList>(logPaths.list(page, attributes), signal);
    },
    getNextPageParam: (last) => last.next ?? undefined,
    // Many pages are not asked for again every few seconds.
    refetchInterval: ({ state }) =>
      (state.data?.pages.length ?? 0) > 1 ? false : refresh(search, isStill),
    placeholderData: keepPreviousData,
  });

export const logHistogramQuery = (search: LogsAsking) =>
  queryOptions({
    queryKey: ["log-histogram", ...keyOf(search)],
    queryFn: ({ signal }) => {
      const { query, attributes } = ask(search);
      return get<LogHistogram>(logPaths.histogram(query, attributes), signal);
    },
    refetchInterval: refresh(search),
    placeholderData: keepPreviousData,
  });

export const logPatternsQuery = (search: LogsAsking) =>
  queryOptions({
    queryKey: ["log-patterns", ...keyOf(search)],
    queryFn: ({ signal }) => {
      const { query, attributes } = ask(search);
      return get<LogPatternList>(logPaths.patterns(query, attributes), signal);
    },
    refetchInterval: refresh(search) === false ? false : REFRESH_MS * 3,
    placeholderData: keepPreviousData,
  });

export const logNamesQuery = (search: LogsAsking) =>
  queryOptions({
    queryKey: ["log-names", search.hours ?? 1],
    queryFn: ({ signal }) =>
      get<LogNameList>(logPaths.names(rangeOf({ hours: search.hours ?? 1 })), signal),
    staleTime: NAMES_REFRESH_MS,
  });

/** Values of an attribute; nothing is asked while there is none. */
export const logValuesQuery = ({ hours = 1 }: LogsAsking, attribute: string) =>
  queryOptions({
    queryKey: ["log-values", hours, attribute],
    queryFn: ({ signal }) => {
      const query = { ...rangeOf({ hours }), name: attribute };
      return get<LogValueList>(logPaths.values(query), signal);
    },
    enabled: attribute !== "",
    staleTime: NAMES_REFRESH_MS,
  });

/** A line by its id, with what its service wrote around it; newest first. */
export const logAroundQuery = (id: string, known: LogLine | undefined) =>
  queryOptions({
    queryKey: ["log-around", id],
    queryFn: async ({ signal }): Promise<{ line: LogLine | undefined; around: LogLine[] }> => {
      const [timeNs = "0", seq = "0"] = id.split(".");
      const seconds = Number(timeNs) / 1e9;
      const range = { start: seconds - 86_400, end: seconds + 86_400 };
      const just = `${timeNs}.${Number(seq) - 1}`;
      const [own] = (
        await get<LogList>(logPaths.list({ ...range, after: just, limit: 1 }, []), signal)
      ).lines;
      const line = own?.id === id ? own : known;
      const service = line?.service;
      const beside = { ...range, service, limit: AROUND_LINES };
      const [before, after] = await Promise.all([
        get<LogList>(logPaths.list({ ...beside, before: id }, []), signal),
        get<LogList>(logPaths.list({ ...beside, after: id }, []), signal),
      ]);
      return { line, around: [...after.lines, ...(line ? [line] : []), ...before.lines] };
    },
    staleTime: REFRESH_MS,
  });

export const runLogsQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["run-logs", traceId],
    queryFn: ({ signal }) => get<{ lines: LogLine[] }>(logPaths.ofRun(traceId), signal),
    refetchInterval: REFRESH_MS,
  });

/** Where the lines come from as they come; without a range, because they are all still to come. */
export const tailUrl = (search: LogsAsking): string => {
  const { query, attributes } = conditions(search);
  return logPaths.tail(query, attributes);
};
