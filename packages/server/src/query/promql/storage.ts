import { setImmediate as nextTurn } from "node:timers/promises";

import {
  decodeHistogram,
  type FloatHistogram,
  type SelectRequest,
  type Storage,
  type StoredSeries,
} from "@fleetlight/promql";

import type { MetricStore, SeriesSamples } from "#store";

import { selectorOf } from "./matchers.ts";

/** The largest time that a `Date` can hold, in ms from 1970. */
const MAX_TIME_MS = 8.64e15;

/** After so many histograms others get a turn: they take about 2 us each. */
const DECODED_AT_ONCE = 2_000;

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
  async function* select(
    { matchers, startMs, endMs }: SelectRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoredSeries[]> {
    // PromQL's ranges are open on the left; times are whole milliseconds.
    const range = { startMs: clamp(Math.floor(startMs) + 1), endMs: clamp(endMs) };
    const refs = await metrics.selectInTurns(tenant, selectorOf(matchers), { range, signal });
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
