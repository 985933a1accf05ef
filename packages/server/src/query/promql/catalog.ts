import { setImmediate as nextTurn } from "node:timers/promises";

import { compareBytes, Labels, type LabelMatcher } from "@fleetlight/promql";

import type { MetricStore, SeriesRef } from "#store";

import { selectorOf } from "./matchers.ts";

/** Series that are looked at before others get their turn. */
const SERIES_PER_TURN = 5000;
/** Series whose samples are read at once to learn whether there are any. */
const SERIES_PER_READ = 500;

/** What `series`, `labels` and `label/<name>/values` ask. */
export interface CatalogRequest {
  /** Selectors of which a series must match one; none: all series. */
  selectors: readonly (readonly LabelMatcher[])[];
  /** When given, series without samples in startMs <= time <= endMs are left out. */
  startMs: number | undefined;
  endMs: number | undefined;
  signal: AbortSignal;
}

export interface Catalog {
  /** Distinct series in the order of their labels; at most `limit`, `truncated` tells whether there are more. */
  series(
    tenant: string,
    request: CatalogRequest,
    limit: number,
  ): Promise<{ series: Labels[]; truncated: boolean }>;
  /** Names of labels in order. */
  labelNames(tenant: string, request: CatalogRequest): Promise<string[]>;
  /** Values of a label in order. */
  labelValues(tenant: string, name: string, request: CatalogRequest): Promise<string[]>;
}

/** Which series, labels and values there are. */
export function createCatalog(metrics: MetricStore): Catalog {
  /** The series of a request, each once. */
  async function* find(
    tenant: string,
    { selectors, startMs, endMs, signal }: CatalogRequest,
  ): AsyncGenerator<readonly SeriesRef[]> {
    const wanted = selectors.length === 0 ? [[]] : selectors;
    const seen = new Set<SeriesRef>();
    const bounded = startMs !== undefined || endMs !== undefined;
    for (const matchers of wanted) {
      const refs = metrics.select(tenant, selectorOf(matchers)).filter((ref) => !seen.has(ref));
      for (let at = 0; at < refs.length; at += SERIES_PER_READ) {
        if (signal.aborted) return;
        if (at % SERIES_PER_TURN === 0) await nextTurn();
        const slice = refs.slice(at, at + SERIES_PER_READ);
        const present = bounded
          ? (await metrics.range(tenant, slice, startMs ?? 0, endMs ?? 8.64e15)).map(
              ({ ref }) => ref,
            )
          : slice;
        for (const ref of present) seen.add(ref);
        yield present;
      }
    }
  }

  return {
    async series(tenant, request, limit) {
      const series: Labels[] = [];
      let truncated = false;
      for await (const refs of find(tenant, request)) {
        const room = limit - series.length;
        for (const ref of refs.slice(0, room)) series.push(Labels.fromObject(metrics.labels(ref)));
        truncated = refs.length > room;
        if (truncated) break;
      }
      return { series: series.toSorted(Labels.compare), truncated };
    },

    async labelNames(tenant, request) {
      const names = new Set<string>();
      for await (const refs of find(tenant, request))
        for (const ref of refs) for (const name in metrics.labels(ref)) names.add(name);
      return [...names].toSorted(compareBytes);
    },

    async labelValues(tenant, name, request) {
      const values = new Set<string>();
      for await (const refs of find(tenant, request))
        for (const ref of refs) {
          const value = metrics.labels(ref)[name];
          if (value !== undefined) values.add(value);
        }
      return [...values].toSorted(compareBytes);
    },
  };
}
