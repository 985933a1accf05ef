/**
 * Where Go's math package answers otherwise than JavaScript's Math, as Prometheus on amd64 does.
 */

/** Go's math.Max: +Inf wins over NaN, and 0 over -0. */
export function goMax(a: number, b: number): number {
  if (a === Infinity || b === Infinity) return Infinity;
  return Math.max(a, b);
}

/** Go's math.Min: -Inf wins over NaN, and -0 over 0. */
export function goMin(a: number, b: number): number {
  if (a === -Infinity || b === -Infinity) return -Infinity;
  return Math.min(a, b);
}

const view = new DataView(new ArrayBuffer(8));
const EXPONENT = 0x7ff;

/** Go's math.Log2: exact for powers of two, otherwise ln(fraction) / ln 2 + exponent. */
export function goLog2(x: number): number {
  if (!(x > 0) || x === Infinity) return Math.log2(x);
  // Below 2^-1022 a number has no exponent of its own.
  const scaled = x < 2 ** -1022 ? x * 2 ** 54 : x;
  view.setFloat64(0, scaled);
  const high = view.getUint32(0);
  const exponent = ((high >>> 20) & EXPONENT) - 1022 - (scaled === x ? 0 : 54);
  view.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  const fraction = view.getFloat64(0);
  if (fraction === 0.5) return exponent - 1;
  return Math.log(fraction) * (1 / Math.LN2) + exponent;
}

/** Go's math.Log10. */
export function goLog10(x: number): number {
  return goLog2(x) * (Math.LN2 / Math.LN10);
}
