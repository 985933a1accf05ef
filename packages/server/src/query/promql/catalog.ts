import { setImmediate as nextTurn } from "node:timers/promises";

import { compareBytes, Labels, type LabelMatcher } from "@fleetlight/promql";

import type { MetricStore, SeriesRef, TimeRange } from "#store";

import { selectorOf } from "./matchers.ts";
import { sortInTurns } from "./sort.ts";

/** What `series`, `labels` and `label/<name>/values` ask. */
export interface CatalogRequest {
  /** Selectors of which a series must match one; none: all series. */
  selectors: readonly (readonly LabelMatcher[])[];
  /** When given, series that are known to have no samples in it are left out. */
  range: TimeRange | undefined;
  /** Ends the search when the client has gone. */
  signal?: AbortSignal | undefined;
}

/** Which series, labels and values there are; answers from memory. */
export interface Catalog {
  /** Series of a request, each once, in no order; at most `limit`. */
  find(tenant: string, request: CatalogRequest, limit?: number): Promise<SeriesRef[]>;
  /** Their labels in order; `truncated` tells whether there are more than `limit`. */
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

/** Series whose labels are looked at before others get their turn. */
const SERIES_PER_TURN = 16_384;

/** What `pick` finds in any of the series, each once. */
async function gatherInTurns(
  refs: readonly SeriesRef[],
  pick: (some: readonly SeriesRef[]) => readonly string[],
): Promise<string[]> {
  const found = new Set<string>();
  for (let at = 0; at < refs.length; at += SERIES_PER_TURN) {
    if (at > 0) await nextTurn();
    for (const text of pick(refs.slice(at, at + SERIES_PER_TURN))) found.add(text);
  }
  return [...found];
}

/** Answers from memory; whatever may be long is searched and sorted in turns. */
export function createCatalog(metrics: MetricStore): Catalog {
  const find: Catalog["find"] = async (tenant, request, limit = Infinity) => {
    const { selectors, range, signal } = request;
    const options = { limit, range, signal };
    const [first = [], ...others] = selectors;
    const found = await metrics.selectInTurns(tenant, selectorOf(first), options);
    if (others.length === 0) return found;
    const refs = new Set(found);
    for (const matchers of others) {
      if (refs.size >= limit) break;
      for (const ref of await metrics.selectInTurns(tenant, selectorOf(matchers), options))
        refs.add(ref);
    }
    return [...refs].slice(0, limit);
  };

  return {
    find,
    async series(tenant, request, limit) {
      const refs = await find(tenant, request, limit + 1);
      const labels = refs.slice(0, limit).map((ref) => metrics.labelsOf(ref));
      return {
        series: await sortInTurns(labels, Labels.compare),
        truncated: refs.length > limit,
      };
    },
    async labelNames(tenant, request) {
      const { selectors, range, signal } = request;
      if (selectors.length === 0) {
        if (range === undefined) return metrics.labelNames(tenant);
        return sortInTurns(await metrics.labelNamesIn(tenant, { range, signal }), compareBytes);
      }
      const refs = await find(tenant, request);
      const found = await gatherInTurns(refs, (part) => metrics.labelNames(tenant, part));
      return sortInTurns(found, compareBytes);
    },
    async labelValues(tenant, name, request) {
      const { selectors, range, signal } = request;
      if (selectors.length === 0)
        return sortInTurns(
          range === undefined
            ? metrics.labelValues(tenant, name)
            : await metrics.labelValuesIn(tenant, name, { range, signal }),
          compareBytes,
        );
      const refs = await find(tenant, request);
      const found = await gatherInTurns(refs, (part) => metrics.labelValues(tenant, name, part));
      return sortInTurns(found, compareBytes);
    },
  };
}
