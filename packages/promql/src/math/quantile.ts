/** Sorts ascending, NaN first: it counts as smaller than everything. */
export function sortNaNFirst(values: Float64Array): void {
  // The order of typed arrays puts NaN last.
  values.sort();
  let numbers = values.length;
  while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers--;
  if (numbers === values.length) return;
  values.copyWithin(values.length - numbers, 0, numbers);
  values.fill(NaN, 0, values.length - numbers);
}

/**
 * The quantile of values in the order of {@link sortNaNFirst}, linear between neighbours. Below 0 it is -Inf, above 1 +Inf;
 * NaN when q is NaN or there is no value.
 */
export function quantileOfSorted(q: number, sorted: ArrayLike<number>): number {
  const { length } = sorted;
  if (length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const rank = q * (length - 1);
  const below = Math.max(0, Math.floor(rank));
  const above = Math.min(length - 1, below + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[below] ?? NaN) * (1 - weight) + (sorted[above] ?? NaN) * weight;
}
