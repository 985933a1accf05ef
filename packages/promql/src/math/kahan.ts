/**
 * Adds to one of many sums that are kept in columns, with Neumaier's compensation as upstream's util/kahansum. It is kept
 * apart, the total is the sum of both, and is dropped when the sum becomes infinite, where it would turn into NaN.
 */
export function kahanAddAt(
  sums: Float64Array,
  compensations: Float64Array,
  index: number,
  value: number,
): void {
  const sum = sums[index] ?? 0;
  const next = sum + value;
  if (next === Infinity || next === -Infinity) compensations[index] = 0;
  else {
    const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    compensations[index] = (compensations[index] ?? 0) + lost;
  }
  sums[index] = next;
}
