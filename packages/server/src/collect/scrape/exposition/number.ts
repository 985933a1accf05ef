import { CLASS, DIGIT } from "./bytes.ts";

const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
/** Bit that turns an ASCII capital into a small letter. */
const LOWER = 32;
const LETTER_E = 101;

/** Powers of ten that a double holds exactly; one multiplication or division by them rounds correctly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const EXACT_LIMIT = 2 ** 53;
/** An exponent beyond this is infinite or zero whatever the digits of a page that fits in memory. */
const EXPONENT_LIMIT = 1_000_000;

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && ((CLASS[byte] as number) & DIGIT) !== 0;

function matches(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    if (((bytes[start + at] as number) | LOWER) !== word.charCodeAt(at)) return false;
  }
  return true;
}

/** `Inf`, `Infinity` with or without a sign and `NaN` without one, in any case, as Go reads them. */
function readSpecial(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (matches(bytes, start, end, "nan")) return Number.NaN;
  const first = bytes[start];
  const signed = first === PLUS || first === MINUS;
  const word = signed ? start + 1 : start;
  if (matches(bytes, word, end, "inf") || matches(bytes, word, end, "infinity")) {
    return first === MINUS ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return undefined;
}

/** Reads `e-05` at `at`; undefined unless it fills the bytes up to `end`. */
function readExponent(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (((bytes[at] as number) | LOWER) !== LETTER_E) return undefined;
  let next = at + 1;
  const sign = bytes[next];
  if (sign === PLUS || sign === MINUS) next++;
  if (next >= end) return undefined;
  let exponent = 0;
  for (; next < end; next++) {
    const byte = bytes[next] as number;
    if (!isDigit(byte)) return undefined;
    if (exponent < EXPONENT_LIMIT) exponent = exponent * 10 + (byte - ZERO);
  }
  return sign === MINUS ? -exponent : exponent;
}

/** The digits hold more than a double does exactly: let the engine round. Undefined when out of range. */
function readExactly(bytes: Uint8Array, start: number, end: number): number | undefined {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A number as Prometheus accepts it in a page: the decimal forms of Go's `ParseFloat`. Undefined for anything else:
 * underscores, hexadecimal, and values beyond the largest double.
 */
// oxlint-disable-next-line complexity -- one pass over the bytes of every sample; splitting it costs calls.
export function readFloat(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  let point = false;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
      if (point) scale--;
    } else if (byte === DOT && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (digits === 0) return readSpecial(bytes, start, end);
  if (at < end) {
    const exponent = readExponent(bytes, at, end);
    if (exponent === undefined) return undefined;
    scale += exponent;
  }
  if (mantissa >= EXACT_LIMIT || scale > 22 || scale < -22) return readExactly(bytes, start, end);
  const value =
    scale < 0 ? mantissa / (POWERS[-scale] as number) : mantissa * (POWERS[scale] as number);
  return sign === MINUS ? -value : value;
}

const INT64_MAX = 9_223_372_036_854_775_807n;

/** Digits as a number of milliseconds; undefined beyond a 64-bit integer. Precision ends at 2^53. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + ((bytes[at] as number) - ZERO);
  if (value < EXACT_LIMIT) return value;
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return BigInt(text) <= INT64_MAX ? value : undefined;
}

/**
 * The bounds of buckets and quantiles as Prometheus 3 normalises them, so that `1` and `1.0` are one series;
 * anything that is no number stays as it is.
 */
export function canonicalBound(text: string): string {
  const bytes = Buffer.from(text);
  const value = readFloat(bytes, 0, bytes.length);
  if (value === undefined) return text;
  if (value === 0) return "0.0";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}
