import { setImmediate as nextTurn } from "node:timers/promises";

import {
  decodeHistogram,
  type FloatHistogram,
  type SelectRequest,
  type Storage,
  type StoredSeries,
} from "@fleetlight/promql";

import type { MetricStore, SeriesRef, SeriesSamples } from "#store";

import { selectorOf } from "./matchers.ts";

/** The largest time that a `Date` can hold, in ms from 1970. */
const MAX_TIME_MS = 8.64e15;

/** After so many histograms others get a turn: they take about 2 us each. */
const DECODED_AT_ONCE = 2_000;

const NO_VALUES = new Float64Array(0);

const ONLY_ROLLUPS =
  "older samples are only kept as rollups, from which this cannot be told; the answer is from the samples that are left";

const clamp = (timeMs: number): number => Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timeMs));

/** The samples of one tenant, as the PromQL engine reads them. */
export function tenantStorage(metrics: MetricStore, tenant: string): Storage {
  const plain = ({ ref, times, values }: SeriesSamples): StoredSeries => ({
    labels: metrics.labelsOf(ref),
    times,
    values,
  });
  let decoded = 0;
  async function decode(encoded: readonly (Uint8Array | undefined)[]) {
    const histograms: (FloatHistogram | undefined)[] = [];
    for (const bytes of encoded) {
      if (bytes !== undefined && ++decoded % DECODED_AT_ONCE === 0) await nextTurn();
      histograms.push(bytes && decodeHistogram(bytes));
    }
    return histograms;
  }
  /** Yields what rollups answer. @returns the series of which the samples have to be read. */
  async function* fromRollups(
    { startMs, endMs, hints, inform }: SelectRequest,
    refs: readonly SeriesRef[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredSeries[], readonly SeriesRef[]> {
    const { rangeMs, stepMs } = hints;
    const question = { function: hints.function ?? "", startMs, endMs, rangeMs, stepMs };
    const batches = hints.takesBuckets
      ? metrics.rollups?.scan(tenant, refs, question, signal)
      : undefined;
    if (batches === undefined) {
      if (metrics.rollups?.isGone(startMs)) inform?.(ONLY_ROLLUPS);
      return refs;
    }
    const rest: SeriesRef[] = [];
    for await (const { series, fromSamples, incomplete } of batches) {
      for (const ref of fromSamples) rest.push(ref);
      if (incomplete) inform?.(ONLY_ROLLUPS);
      yield series.map(({ ref, times, buckets }) => ({
        labels: metrics.labelsOf(ref),
        times,
        values: NO_VALUES,
        buckets,
      }));
    }
    return rest;
  }
  async function* select(
    request: SelectRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredSeries[]> {
    const { matchers, startMs, endMs } = request;
    // PromQL's ranges are open on the left; times are whole milliseconds.
    const range = { startMs: clamp(Math.floor(startMs) + 1), endMs: clamp(endMs) };
    const selected = await metrics.selectInTurns(tenant, selectorOf(matchers), { range, signal });
    const refs = yield* fromRollups(request, selected, signal);
    if (refs.length === 0) return;
    const { startMs: fromMs, endMs: toMs } = range;
    for await (const batch of metrics.scan(tenant, refs, fromMs, toMs, signal, { reuse: true })) {
      const stored: StoredSeries[] = [];
      for (const samples of batch) {
        const { histograms } = samples;
        const series = plain(samples);
        stored.push(histograms ? { ...series, histograms: await decode(histograms) } : series);
        if (signal.aborted) return;
      }
      yield stored;
    }
  }
  return { select };
}
