const buffer = new DataView(new ArrayBuffer(8));

/** Splits a finite number other than 0 into a fraction of [0.5, 1) with its sign, and a power of two. */
function split(value: number): { fraction: number; exponent: number } {
  const tiny = Math.abs(value) < 2.2250738585072014e-308;
  buffer.setFloat64(0, tiny ? value * 2 ** 52 : value);
  const high = buffer.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1022 - (tiny ? 52 : 0);
  buffer.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return { fraction: buffer.getFloat64(0), exponent };
}

/** value * 2^exponent, rounded once. */
function scale(value: number, exponent: number): number {
  if (exponent > 1023) return value * 2 ** 1023 * 2 ** Math.min(exponent - 1023, 1023);
  if (exponent >= -1022) return value * 2 ** exponent;
  // The first factor is exact as long as its result is normal, so that only the second rounds.
  return value * 2 ** Math.max(exponent + 1022, -1000) * 2 ** -1022;
}

/** Cases that IEEE 754 or Go decide without computing; undefined for all others. */
// oxlint-disable-next-line complexity -- one line per case of Go's table reads better than parts of it.
function special(x: number, y: number): number | undefined {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x === 0) return x ** y;
  if (y === Infinity || y === -Infinity) {
    if (x === -1) return 1;
    return Math.abs(x) < 1 === y > 0 ? 0 : Infinity;
  }
  if (x === Infinity || x === -Infinity) return x ** y;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  return undefined;
}

/**
 * `x ^ y` as Go's math.Pow: `1^NaN`, `1^Inf` and `(-1)^Inf` are 1 (JavaScript has NaN), and the integer part of the exponent
 * is multiplied out in the same order, so that the last bits agree.
 */
export function goPow(x: number, y: number): number {
  const known = special(x, y);
  if (known !== undefined) return known;
  const magnitude = Math.abs(y);
  let whole = Math.trunc(magnitude);
  let rest = magnitude - whole;
  if (rest !== 0 && x < 0) return NaN;
  if (whole >= 2 ** 63) {
    // An exponent of this size is even; it leaves nothing in between.
    if (x === -1) return 1;
    return Math.abs(x) < 1 === y > 0 ? 0 : Infinity;
  }
  let result = 1;
  let exponent = 0;
  if (rest !== 0) {
    if (rest > 0.5) {
      rest--;
      whole++;
    }
    result = Math.exp(rest * Math.log(x));
  }
  let { fraction, exponent: power } = split(x);
  while (whole > 0) {
    if (power < -4096 || power > 4096) {
      exponent += power;
      break;
    }
    const half = Math.floor(whole / 2);
    if (whole !== half * 2) {
      result *= fraction;
      exponent += power;
    }
    fraction *= fraction;
    power *= 2;
    if (fraction < 0.5) {
      fraction += fraction;
      power--;
    }
    whole = half;
  }
  return y < 0 ? scale(1 / result, -exponent) : scale(result, exponent);
}
