import type { InstantRow } from "../../promql/columns.ts";
import type { NamedCount } from "../../promql/client.ts";

/** Series of every metric; asked at two times, the difference is what has grown. */
export const SERIES_BY_METRIC = 'count by (__name__) ({__name__!=""})';

/** What became more series between two answers to `SERIES_BY_METRIC`. */
export interface Growth {
  /** Metrics with more series than before and how many more, most first. */
  rows: NamedCount[];
  /** More series of all metrics together; negative when they became fewer. */
  net: number;
}

const NAME = "__name__";

/** Compares two answers to `SERIES_BY_METRIC`; a metric that one of them does not have has no series there. */
export function growthBetween(
  before: readonly InstantRow[],
  after: readonly InstantRow[],
  top: number,
): Growth {
  const change = new Map<string, number>();
  const add = (rows: readonly InstantRow[], sign: number) => {
    for (const { labels, value } of rows) {
      const name = labels[NAME] ?? "";
      change.set(name, (change.get(name) ?? 0) + sign * value);
    }
  };
  add(after, 1);
  add(before, -1);
  const all = [...change].map(([name, value]) => ({ name, value }));
  return {
    rows: all
      .filter(({ value }) => value > 0)
      .toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
      .slice(0, top),
    net: all.reduce((sum, { value }) => sum + value, 0),
  };
}
