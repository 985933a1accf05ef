import { setImmediate as nextTurn } from "node:timers/promises";

import type {
  LatestMetrics,
  MetricName,
  SeriesData,
  SeriesList,
  SeriesRange,
} from "@fleetlight/contract";

import {
  badRequest,
  isoTime,
  labelKey,
  NAME_LABEL,
  parseSelector,
  selectMetric,
  type LabelSet,
  type Now,
} from "#lib";
import type { MetricStore } from "#store";

import { thin } from "./thin.ts";

/** Older samples are not "the latest": Prometheus' look-back. */
export const LOOKBACK_MS = 5 * 60_000;

/** Series that one answer holds at most. */
const MAX_SERIES = 500;
/** Series that one range question reads at most. */
const MAX_RANGE_SERIES = 200;
const MAX_LATEST = 20_000;
/** Points that one range answer holds at most, over all its series. */
const MAX_RANGE_POINTS = 1_000_000;
/** Series that are looked at before others get their turn. */
const SERIES_PER_TURN = 1000;

const OF_A_SERVICE = parseSelector('{service!=""}');

interface MetricQueriesOptions {
  metrics: MetricStore;
  now: Now;
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Questions about samples, answered in the contract's shapes. */
export interface MetricQueries {
  /** Latest value of every series that belongs to a service. */
  latest(tenant: string): Promise<LatestMetrics>;
  names(tenant: string, search: string, limit: number): MetricName[];
  series(tenant: string, match: string, limit: number): SeriesList;
  /** @throws FleetlightError `bad_request` for a bad selector or an empty range. */
  range(
    tenant: string,
    match: string,
    startMs: number,
    endMs: number,
    maxPoints: number,
  ): Promise<SeriesRange>;
  /** Sum of the latest values of a metric's series that have these labels; undefined when there are none. */
  sumLatest(tenant: string, metric: string, labels?: LabelSet): number | undefined;
}

// oxlint-disable-next-line max-lines-per-function -- six short questions over one store, each a closure
export function createMetricQueries({ metrics, now }: MetricQueriesOptions): MetricQueries {
  const find = (tenant: string, match: string, limit: number) => {
    const found = metrics
      .select(tenant, parseSelector(match))
      .map((ref) => ({ ref, key: labelKey(metrics.labels(ref)) }))
      .toSorted((a, b) => compareText(a.key, b.key));
    return { matched: found.length, refs: found.slice(0, limit).map(({ ref }) => ref) };
  };

  return {
    async latest(tenant) {
      const groups = new Map<string, LatestMetrics["metrics"][string]>();
      let [looked, count] = [0, 0];
      let truncated = false;
      for (const ref of metrics.select(tenant, OF_A_SERVICE)) {
        if (++looked % SERIES_PER_TURN === 0) await nextTurn();
        const sample = metrics.latest(ref, now() - LOOKBACK_MS);
        if (sample === undefined) continue;
        truncated = ++count > MAX_LATEST;
        if (truncated) break;
        const { service = "", [NAME_LABEL]: name = "", ...labels } = metrics.labels(ref);
        const key = `${service}_${name}`;
        const group = groups.get(key) ?? [];
        groups.set(key, group);
        group.push({
          timestamp: isoTime(sample.timeMs),
          value: finite(sample.value),
          service_id: service,
          metric_name: name,
          labels,
        });
      }
      return { metrics: Object.fromEntries(groups), timestamp: isoTime(now()), truncated };
    },

    names(tenant, search, limit) {
      const wanted = search.toLowerCase();
      return [...metrics.metricNames(tenant)]
        .filter(([name]) => name.toLowerCase().includes(wanted))
        .toSorted(([a], [b]) => compareText(a, b))
        .slice(0, limit)
        .map(([name, series]) => ({ name, series, ...describeMetric(metrics, tenant, name) }));
    },

    series(tenant, match, limit) {
      const { refs, matched } = find(tenant, match, Math.min(limit, MAX_SERIES));
      const series = refs.map((ref) => {
        const sample = metrics.latest(ref, now() - LOOKBACK_MS);
        return {
          id: metrics.seriesId(ref),
          labels: metrics.labels(ref),
          timestamp: sample === undefined ? null : isoTime(sample.timeMs),
          value: finite(sample?.value),
        };
      });
      return { series, matched };
    },

    async range(tenant, match, startMs, endMs, maxPoints) {
      if (!(startMs < endMs)) throw badRequest("start must be before end");
      const { refs, matched } = find(tenant, match, MAX_RANGE_SERIES);
      const found = await metrics.range(tenant, refs, startMs, endMs);
      const points = Math.min(maxPoints, Math.floor(MAX_RANGE_POINTS / Math.max(1, found.length)));
      const series = found.map((one): SeriesData => ({
        id: metrics.seriesId(one.ref),
        labels: metrics.labels(one.ref),
        ...thin(one, startMs, endMs, points),
      }));
      return { series, matched, start: isoTime(startMs), end: isoTime(endMs) };
    },

    sumLatest(tenant, metric, labels = {}) {
      let sum: number | undefined;
      for (const ref of metrics.select(tenant, selectMetric(metric, labels))) {
        const sample = metrics.latest(ref, now() - LOOKBACK_MS);
        if (sample !== undefined) sum = (sum ?? 0) + sample.value;
      }
      return sum;
    },
  };
}

/** Suffixes under which the series of one described family appear. */
const FAMILY_SUFFIXES = ["_total", "_bucket", "_sum", "_count", "_info", "_created"];

function describeMetric(
  metrics: MetricStore,
  tenant: string,
  name: string,
): Omit<MetricName, "name" | "series"> {
  const suffix = FAMILY_SUFFIXES.find((ending) => name.endsWith(ending));
  return (
    metrics.metadata(tenant, name) ??
    (suffix === undefined
      ? undefined
      : metrics.metadata(tenant, name.slice(0, -suffix.length))) ?? {
      type: "unknown",
      unit: "",
      help: "",
    }
  );
}
