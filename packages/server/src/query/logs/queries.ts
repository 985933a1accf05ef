import type {
  LogHistogram,
  LogLevel,
  LogLine,
  LogList,
  LogNameList,
  LogPatternList,
} from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { LogFilter, LogQuery, LogStore, SpanStore } from "#store";

import { spansOfAgent } from "./agent-spans.ts";
import { findPatterns } from "./patterns.ts";
import { levelName, toLogLine } from "./views.ts";

/** Lines of one trace that are shown. */
const MAX_TRACE_LINES = 5000;
/** Buckets of a histogram, about. */
const BUCKETS = 120;
/** Lengths of buckets that people can read, in seconds. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];
const DAY_SECONDS = 86_400;

/** What is asked of log lines. */
export interface LogQueries {
  /** Newest first. */
  list(tenant: string, query: LogQuery): Promise<LogList>;
  /** Lines of one trace, the oldest first. */
  ofTrace(tenant: string, traceId: string): Promise<LogLine[]>;
  histogram(tenant: string, filter: LogFilter): Promise<LogHistogram>;
  patterns(tenant: string, filter: LogFilter): Promise<LogPatternList>;
  names(tenant: string, filter: LogFilter): Promise<LogNameList>;
  values(tenant: string, filter: LogFilter, attribute: string): Promise<string[]>;
}

/** The shortest step that gives not too many buckets. */
export function stepOf(startMs: number, endMs: number): number {
  const seconds = (endMs - startMs) / 1000 / BUCKETS;
  const step = STEPS.find((one) => one >= seconds);
  return (step ?? Math.ceil(seconds / DAY_SECONDS) * DAY_SECONDS) * 1000;
}

async function histogram(logs: LogStore, tenant: string, filter: LogFilter): Promise<LogHistogram> {
  const stepMs = stepOf(filter.startMs, filter.endMs);
  const levels: Partial<Record<LogLevel, number>> = {};
  const counts = new Map<number, Partial<Record<LogLevel, number>>>();
  let total = 0;
  for (const { startMs, level, count } of await logs.counts(tenant, filter, stepMs)) {
    const name = levelName(level);
    const bucket = counts.get(startMs) ?? {};
    bucket[name] = count;
    counts.set(startMs, bucket);
    levels[name] = (levels[name] ?? 0) + count;
    total += count;
  }
  const buckets = [];
  const firstMs = Math.floor(filter.startMs / stepMs) * stepMs;
  for (let startMs = firstMs; startMs <= filter.endMs; startMs += stepMs)
    buckets.push({ start: isoTime(startMs), counts: counts.get(startMs) ?? {} });
  return { step_seconds: stepMs / 1000, total, levels, buckets };
}

/** @param logs where they are kept; @param spans tell whose a line is that does not say it */
export function createLogQueries(logs: LogStore, spans: SpanStore): LogQueries {
  const whole = async <T extends LogFilter>(tenant: string, filter: T): Promise<T> =>
    filter.agent === undefined
      ? filter
      : { ...filter, agentSpans: await spansOfAgent(spans, tenant, filter.agent, filter) };
  return {
    list: async (tenant, query) => {
      // One more than asked for tells whether there is a further page.
      const found = await logs.find(tenant, {
        ...(await whole(tenant, query)),
        limit: query.limit + 1,
      });
      const isMore = found.length > query.limit;
      const rows =
        query.after === undefined ? found.slice(0, query.limit) : found.slice(-query.limit);
      const last = rows.at(-1);
      const next = isMore && last !== undefined ? `${last.timeNs}.${last.seq}` : null;
      return { lines: rows.map(toLogLine), count: rows.length, next };
    },
    ofTrace: async (tenant, traceId) => {
      const everything = { startMs: 0, endMs: Infinity, after: { timeNs: "0", seq: 0 } };
      const rows = await logs.find(tenant, { ...everything, traceId, limit: MAX_TRACE_LINES });
      return rows.toReversed().map(toLogLine);
    },
    histogram: async (tenant, filter) => histogram(logs, tenant, await whole(tenant, filter)),
    patterns: async (tenant, filter) => findPatterns(logs, tenant, await whole(tenant, filter)),
    names: async (tenant, filter) => logs.names(tenant, await whole(tenant, filter)),
    values: async (tenant, filter, attribute) =>
      logs.values(tenant, await whole(tenant, filter), attribute),
  };
}
