import { Labels, type SelectRequest, type Storage, type StoredSeries } from "@fleetlight/promql";

import type { MetricStore, SeriesSamples } from "#store";

import { selectorOf } from "./matchers.ts";

/** Series that are read at once; what they have is held in memory until the engine has taken it. */
const SERIES_PER_READ = 200;
/** The largest time that a `Date` can hold, in ms from 1970. */
const MAX_TIME_MS = 8.64e15;

const clamp = (timeMs: number): number => Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timeMs));

/** The samples of one tenant, as the PromQL engine reads them. */
export function tenantStorage(metrics: MetricStore, tenant: string): Storage {
  const toStored = ({ ref, times, values }: SeriesSamples): StoredSeries => ({
    labels: Labels.fromObject(metrics.labels(ref)),
    times,
    values,
  });
  async function* select(
    { matchers, startMs, endMs }: SelectRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredSeries[]> {
    const refs = metrics.select(tenant, selectorOf(matchers));
    // PromQL's ranges are open on the left; times are whole milliseconds.
    const first = clamp(Math.floor(startMs) + 1);
    for (let at = 0; at < refs.length && !signal.aborted; at += SERIES_PER_READ) {
      const slice = refs.slice(at, at + SERIES_PER_READ);
      const found = await metrics.range(tenant, slice, first, clamp(endMs));
      if (found.length > 0) yield found.map(toStored);
    }
  }
  return { select };
}
