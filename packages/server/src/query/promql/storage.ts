import {
  decodeHistogram,
  type SelectRequest,
  type Storage,
  type StoredSeries,
} from "@fleetlight/promql";

import type { MetricStore, SeriesSamples } from "#store";

import { selectorOf } from "./matchers.ts";

/** The largest time that a `Date` can hold, in ms from 1970. */
const MAX_TIME_MS = 8.64e15;

const clamp = (timeMs: number): number => Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timeMs));

/** The samples of one tenant, as the PromQL engine reads them. */
export function tenantStorage(metrics: MetricStore, tenant: string): Storage {
  const toStored = ({ ref, times, values, histograms }: SeriesSamples): StoredSeries => {
    const columns = { labels: metrics.labelsOf(ref), times, values };
    if (histograms === undefined) return columns;
    const decode = (bytes: Uint8Array | undefined) =>
      bytes === undefined ? undefined : decodeHistogram(bytes);
    return { ...columns, histograms: histograms.map(decode) };
  };
  async function* select(
    { matchers, startMs, endMs }: SelectRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredSeries[]> {
    // PromQL's ranges are open on the left; times are whole milliseconds.
    const range = { startMs: clamp(Math.floor(startMs) + 1), endMs: clamp(endMs) };
    const refs = metrics.select(tenant, selectorOf(matchers), undefined, range);
    for await (const batch of metrics.scan(tenant, refs, range.startMs, range.endMs, signal))
      yield batch.map(toStored);
  }
  return { select };
}
