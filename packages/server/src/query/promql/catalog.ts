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
}

/** Which series, labels and values there are; answers from memory. */
export interface Catalog {
  /** Series of a request, each once, in no order; at most `limit`. */
  find(tenant: string, request: CatalogRequest, limit?: number): SeriesRef[];
  /** Their labels in order; `truncated` tells whether there are more than `limit`. */
  series(
    tenant: string,
    request: CatalogRequest,
    limit: number,
  ): Promise<{ series: Labels[]; truncated: boolean }>;
  /** Names of labels in order. */
  labelNames(tenant: string, request: CatalogRequest): string[];
  /** Values of a label in order. */
  labelValues(tenant: string, name: string, request: CatalogRequest): string[];
}

/** The union of answers to several selectors, in order. */
function union(answers: readonly string[][]): string[] {
  const [only = []] = answers;
  return answers.length <= 1 ? only : [...new Set(answers.flat())].toSorted(compareBytes);
}

export function createCatalog(metrics: MetricStore): Catalog {
  const forEachSelector = <T>(
    { selectors }: CatalogRequest,
    ask: (selector?: ReturnType<typeof selectorOf>) => T,
  ): T[] => (selectors.length === 0 ? [ask()] : selectors.map((one) => ask(selectorOf(one))));

  const find: Catalog["find"] = (tenant, { selectors, range }, limit = Infinity) => {
    const wanted = selectors.length === 0 ? [[]] : selectors;
    const answers = wanted.map((matchers) =>
      metrics.select(tenant, selectorOf(matchers), limit, range),
    );
    const [only = []] = answers;
    return answers.length === 1 ? only : [...new Set(answers.flat())].slice(0, limit);
  };

  return {
    find,
    async series(tenant, request, limit) {
      const refs = find(tenant, request, limit + 1);
      const labels = refs.slice(0, limit).map((ref) => metrics.labelsOf(ref));
      return {
        series: await sortInTurns(labels, Labels.compare),
        truncated: refs.length > limit,
      };
    },
    labelNames: (tenant, request) =>
      union(forEachSelector(request, (one) => metrics.labelNames(tenant, one, request.range))),
    labelValues: (tenant, name, request) =>
      union(
        forEachSelector(request, (one) => metrics.labelValues(tenant, name, one, request.range)),
      ),
  };
}
