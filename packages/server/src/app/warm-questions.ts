import type { Labels } from "@fleetlight/promql";

import { NAME_LABEL } from "#lib";
import { selectorOf } from "#query";
import type { MetricStore } from "#store";

/** Metrics with more series are asked for by one value of a label. */
const MOST_SERIES = 64;
/** Metrics with more series are not asked for by the label that differs least. */
const MANY_SERIES = 1000;
/** Metrics of one kind that are asked about: their samples are encoded in different ways. */
const PER_KIND = 4;
/** Series of a metric whose labels are looked at. */
const LOOKED_AT = 64;
const STEP_SECONDS = 15;
const RANGE_SECONDS = 1800;
/** Labels whose names need quotes are left alone. */
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** What can be asked of one metric. */
interface Subject {
  /** Matches its name. */
  name: string;
  /** Selects all of its series, or those of one value when they are many. */
  all: string;
  /** Selects few of them, those that this matches. */
  few: string;
  one: string;
  /** Selects more of them, where they are not too many. */
  many: string;
  /** A label by which they can be grouped, and the one that differs most. */
  group: string;
  key: string;
  newestMs: number;
}

/** Labels of the series by how many values they have, the fewest first; without those with one. */
function labelsByValues(series: readonly Labels[]): { name: string; value: string }[] {
  const values = new Map<string, Set<string>>();
  for (const { names, values: own } of series)
    for (const [i, name] of names.entries()) {
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(own[i] ?? ""));
    }
  values.delete(NAME_LABEL);
  return [...values]
    .filter(([name]) => LABEL_NAME.test(name))
    .toSorted(([, a], [, b]) => a.size - b.size)
    .filter(([, { size }], i, { length }) => size > 1 || i === length - 1)
    .map(([name, [value = ""]]) => ({ name, value }));
}

function subjectOf(metrics: MetricStore, tenant: string, metric: string, count: number): Subject {
  const name = `${NAME_LABEL}=${JSON.stringify(metric)}`;
  const selector = selectorOf([{ name: NAME_LABEL, op: "=", value: metric }]);
  const refs = metrics.select(tenant, selector, LOOKED_AT);
  const labels = labelsByValues(refs.map((ref) => metrics.labelsOf(ref)));
  const [group, key] = [labels[0], labels.at(-1)];
  const one = key === undefined ? "" : `${key.name}=${JSON.stringify(key.value)}`;
  const few = `{${name},${one}}`;
  const isLarge = count > MANY_SERIES || group === undefined;
  return {
    name,
    all: count > MOST_SERIES ? few : `{${name}}`,
    few,
    one,
    many: isLarge ? few : `{${name},${group.name}=${JSON.stringify(group.value)}}`,
    group: group?.name ?? "job",
    key: key?.name ?? "instance",
    newestMs: Math.max(...refs.map((ref) => metrics.newestTime(ref))),
  };
}

const KINDS: Readonly<Record<"gauge" | "counter" | "bucket", RegExp>> = {
  gauge: /(?<!_total|_bucket|_count|_sum|_info)$/,
  counter: /_total$/,
  bucket: /_bucket$/,
};

/** Metrics to ask about, by what their names end with; the largest of each kind. */
function subjectsOf(metrics: MetricStore, tenant: string, kind: keyof typeof KINDS): Subject[] {
  return [...metrics.metricNames(tenant)]
    .filter(([name]) => KINDS[kind].test(name))
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, PER_KIND)
    .map(([name, count]) => subjectOf(metrics, tenant, name, count));
}

function questionsAbout(gauge: Subject, counter: Subject, bucket: Subject | undefined): string[] {
  const newest = Math.max(gauge.newestMs, counter.newestMs) / 1000;
  if (!Number.isFinite(newest)) return [];
  const end = newest - (newest % STEP_SECONDS);
  const span = `start=${end - RANGE_SECONDS}&end=${end}`;
  const ask = (path: string, query: string, rest: string) =>
    `/api/v1/${path}?query=${encodeURIComponent(query)}&${rest}&nocache=1`;
  const instant = (query: string) => ask("query", query, `time=${end}`);
  const range = (query: string, step = STEP_SECONDS) =>
    ask("query_range", query, `${span}&step=${step}`);
  const sum = (by: string, inner: string) => `sum by (${by}) (${inner})`;
  const rate = `rate(${counter.all}[5m])`;
  const ratio = `${sum(counter.key, counter.all)} / on (${counter.key}) ${sum(counter.key, rate)}`;
  const histogram = bucket && `rate(${bucket.few}[5m])`;
  return [
    instant(gauge.many),
    instant(`topk(5, ${sum(counter.key, rate)})`),
    instant(`max_over_time(${sum(gauge.group, gauge.all)}[10m:1m])`),
    instant(`count by (${gauge.group}) ({__name__=~".+[a-z]",${gauge.one}})`),
    range(gauge.few),
    range(`rate(${counter.few}[5m])`),
    range(sum(counter.group, rate), 60),
    range(sum(gauge.group, gauge.all), 60),
    range(`avg by (${gauge.group}) (avg_over_time(${gauge.few}[5m]))`, 60),
    range(ratio, 60),
    range(`absent({${gauge.name},${gauge.group}="no such value"})`, 60),
    ...(histogram ? [range(`histogram_quantile(0.95, ${sum("le", histogram)})`, 60)] : []),
    `/api/v1/label/${gauge.key}/values?${span}`,
    `/api/v1/series?match[]=${encodeURIComponent(gauge.many)}&${span}`,
  ];
}

/**
 * What dashboards ask most, as addresses of the API, about series that the tenant has; in several rounds, each about other
 * metrics. Times end with the newest sample. Small questions all of them, and none is answered from the cache.
 */
export function warmQuestions(metrics: MetricStore, tenant: string): string[][] {
  const [gauges = [], counters = [], buckets = []] = (["gauge", "counter", "bucket"] as const).map(
    (kind) => subjectsOf(metrics, tenant, kind),
  );
  const [first] = [...gauges, ...counters];
  if (first === undefined) return [];
  return Array.from({ length: PER_KIND }, (_, i) => {
    const gauge = gauges[i] ?? first;
    return questionsAbout(gauge, counters[i] ?? counters[0] ?? gauge, buckets[i] ?? buckets[0]);
  });
}
