import {
  MAX_CHUNK_SAMPLES,
  pack,
  readNumber,
  unpack,
  widthFor,
  writeNumber,
} from "./head-bytes.ts";

/*
 * Values of a chunk: form (1), number of exceptions (1), for each its index (1) and bits (8), and then by form:
 * - constant: bits (8).
 * - whole numbers, of which each is `least` and a packed rest, or the one before, `least` and a packed rest:
 *   scale (1), width (1), least (8), for steps the first (8), packed.
 *   A scale up to 31 stands for a factor of 2^scale, one of 64 and more for a divisor of 10^(scale - 64).
 * - some bytes: which bytes of the eight vary (1 bit each), the first value's bits (8), the varying bytes of all values.
 * Exceptions are NaNs (markers among them: their bits count) and negative zeros among whole numbers.
 */
const CONSTANT = 0;
const NUMBERS = 1;
const STEPS = 2;
const SOME_BYTES = 3;

const DECIMAL = 64;
const MAX_DIGITS = 6;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
/** Beyond this, whole numbers and sums of them are not exact. */
const MAX_WHOLE = 2 ** 52;
/** Chunks with a larger share of exceptions are kept byte by byte. */
const EXCEPTION_SHARE = 8;

const whole = new Float64Array(MAX_CHUNK_SAMPLES + 2);
const rests = new Float64Array(MAX_CHUNK_SAMPLES + 2);
const odd = new Uint8Array(MAX_CHUNK_SAMPLES);

/** Columns of values as numbers and as their 32-bit halves and bytes: three views of one buffer. */
export interface ValueColumn {
  values: Float64Array;
  words: Uint32Array;
  bytes: Uint8Array;
}

export const viewsOf = (values: Float64Array): ValueColumn => ({
  values,
  words: new Uint32Array(values.buffer, values.byteOffset, values.length * 2),
  bytes: new Uint8Array(values.buffer, values.byteOffset, values.length * 8),
});

/** Digits after the point that the number is short of being whole; -1 when they are too many. */
function digitsOf(value: number, atLeast: number): number {
  for (let digits = atLeast; digits <= MAX_DIGITS; digits++) {
    const power = POWERS[digits] as number;
    if (Math.round(value * power) / power === value) return digits;
  }
  return -1;
}

interface Shape {
  digits: number;
  exceptions: number;
}

/**
 * Fills `whole` with the values as whole numbers over 10^digits, and `odd` with the indexes of the exceptions, which repeat the
 * number before them.
 * @returns undefined when the values are no such numbers.
 */
function toWhole({ values, words }: ValueColumn, from: number, count: number): Shape | undefined {
  let digits = 0;
  let exceptions = 0;
  let before = 0;
  const limit = 1 + Math.floor(count / EXCEPTION_SHARE);
  for (let i = 0; i < count; i++) {
    const value = values[from + i] as number;
    if (value !== value || (value === 0 && words[(from + i) * 2 + 1] !== 0)) {
      if (exceptions === limit) return undefined;
      odd[exceptions++] = i;
    } else {
      // Also refuses infinities.
      if (Math.abs(value) > MAX_WHOLE) return undefined;
      if (digits === 0 && Math.floor(value) !== value) digits = digitsOf(value, 1);
      if (digits < 0) return undefined;
      before = value;
    }
    whole[i] = before;
  }
  if (exceptions === count) return undefined;
  if (digits > 0) digits = scaleUp(count, digits);
  if (digits < 0) return undefined;
  // Exceptions at the front repeat what comes after them: nothing is before them.
  whole.fill(whole[firstPlain(exceptions)] as number, 0, firstPlain(exceptions));
  return { digits, exceptions };
}

/** How many of the exceptions stand at the very front. */
function firstPlain(exceptions: number): number {
  let first = 0;
  while (first < exceptions && odd[first] === first) first++;
  return first;
}

/** Multiplies all by a power of ten so that they become whole. @returns the digits, -1 when there are too many. */
function scaleUp(count: number, atLeast: number): number {
  let digits = atLeast;
  for (let i = 0; i < count; i++) {
    digits = digitsOf(whole[i] as number, digits);
    if (digits < 0) return -1;
  }
  const power = POWERS[digits] as number;
  for (let i = 0; i < count; i++) {
    const value = whole[i] as number;
    const scaled = Math.round(value * power);
    if (scaled > MAX_WHOLE || scaled < -MAX_WHOLE || scaled / power !== value) return -1;
    whole[i] = scaled;
  }
  return digits;
}

/** Twos that divide every step between the numbers, at most 31. */
function commonTwos(count: number): number {
  let bits = 0;
  for (let i = 1; i < count; i++) bits |= (whole[i] as number) - (whole[0] as number);
  return bits === 0 ? 0 : 31 - Math.clz32(bits & -bits);
}

interface Span {
  least: number;
  most: number;
  leastStep: number;
  mostStep: number;
}

/** Bounds of the whole numbers and of the steps between them. */
function spanOf(count: number): Span {
  let before = whole[0] as number;
  let [least, most] = [before, before];
  let [leastStep, mostStep] = [Infinity, -Infinity];
  for (let i = 1; i < count; i++) {
    const n = whole[i] as number;
    const step = n - before;
    if (n < least) least = n;
    if (n > most) most = n;
    if (step < leastStep) leastStep = step;
    if (step > mostStep) mostStep = step;
    before = n;
  }
  return { least, most, leastStep, mostStep };
}

function encodeWhole(
  { digits, exceptions }: Shape,
  count: number,
  bytes: Uint8Array,
  at: number,
): number | undefined {
  const { least, most, leastStep, mostStep } = spanOf(count);
  // A constant without exceptions needs no more than its bits.
  if (most === least && exceptions === 0) return undefined;
  const twos = digits === 0 && most - least >= 16 ? commonTwos(count) : 0;
  const factor = 2 ** twos;
  const scale = digits === 0 ? twos : DECIMAL + digits;
  const width = widthFor((most - least) / factor);
  const stepWidth = count < 2 ? undefined : widthFor((mostStep - leastStep) / factor);
  if (stepWidth !== undefined && (width === undefined || stepWidth < width)) {
    for (let i = 1; i < count; i++)
      rests[i - 1] = ((whole[i] as number) - (whole[i - 1] as number) - leastStep) / factor;
    bytes[at] = STEPS;
    const p = writeScaled(bytes, at, scale, stepWidth, leastStep);
    writeNumber(bytes, p, whole[0] as number);
    return pack(bytes, p + 8, rests, count - 1, stepWidth);
  }
  if (width === undefined) return undefined;
  for (let i = 0; i < count; i++) rests[i] = ((whole[i] as number) - least) / factor;
  bytes[at] = NUMBERS;
  return pack(bytes, writeScaled(bytes, at, scale, width, least), rests, count, width);
}

/** Writes what numbers and steps have in common after the exceptions, whose room is left by the caller. */
function writeScaled(
  bytes: Uint8Array,
  at: number,
  scale: number,
  width: number,
  least: number,
): number {
  const p = at + 2 + (bytes[at + 1] as number) * 9;
  bytes[p] = scale;
  bytes[p + 1] = width;
  writeNumber(bytes, p + 2, least);
  return p + 10;
}

function writeExceptions(
  column: ValueColumn,
  from: number,
  exceptions: number,
  bytes: Uint8Array,
  at: number,
): void {
  bytes[at + 1] = exceptions;
  for (let e = 0, p = at + 2; e < exceptions; e++, p += 9) {
    const i = odd[e] as number;
    bytes[p] = i;
    for (let b = 0; b < 8; b++) bytes[p + 1 + b] = column.bytes[(from + i) * 8 + b] as number;
  }
}

/** Writes `count` values, bit for bit. @returns where the next byte goes. */
export function encodeValues(
  column: ValueColumn,
  from: number,
  count: number,
  bytes: Uint8Array,
  at: number,
): number {
  const shape = toWhole(column, from, count);
  if (shape !== undefined) {
    writeExceptions(column, from, shape.exceptions, bytes, at);
    const end = encodeWhole(shape, count, bytes, at);
    if (end !== undefined) return end;
  }
  return encodeBytes(column, from, count, bytes, at);
}

function encodeBytes(
  { words, bytes: source }: ValueColumn,
  from: number,
  count: number,
  bytes: Uint8Array,
  at: number,
): number {
  const low = words[from * 2] as number;
  const high = words[from * 2 + 1] as number;
  let [lowBits, highBits] = [0, 0];
  for (let i = from; i < from + count; i++) {
    lowBits |= (words[i * 2] as number) ^ low;
    highBits |= (words[i * 2 + 1] as number) ^ high;
  }
  let mask = 0;
  for (let b = 0; b < 4; b++) {
    if (((lowBits >>> (b * 8)) & 255) !== 0) mask |= 1 << b;
    if (((highBits >>> (b * 8)) & 255) !== 0) mask |= 16 << b;
  }
  bytes[at] = mask === 0 ? CONSTANT : SOME_BYTES;
  bytes[at + 1] = 0;
  let p = at + 2;
  if (mask !== 0) bytes[p++] = mask;
  for (let b = 0; b < 8; b++) bytes[p++] = source[from * 8 + b] as number;
  // Plane by plane: each loop moves one byte of every value.
  for (let b = 0; b < 8; b++) {
    if ((mask & (1 << b)) === 0) continue;
    for (let i = 0, s = from * 8 + b; i < count; i++, s += 8) bytes[p++] = source[s] as number;
  }
  return p;
}

/** Writes `count` values to the column from `to` on, bit for bit. */
export function decodeValues(
  bytes: Uint8Array,
  at: number,
  count: number,
  column: ValueColumn,
  to: number,
): void {
  const exceptions = bytes[at + 1] as number;
  const p = at + 2 + exceptions * 9;
  switch (bytes[at]) {
    case CONSTANT:
      repeatBits(bytes, p, count, column, to);
      break;
    case SOME_BYTES:
      decodeBytes(bytes, p, count, column, to);
      break;
    default:
      decodeWhole(bytes, p, count, column.values, to, bytes[at] === STEPS);
  }
  for (let e = 0, q = at + 2; e < exceptions; e++, q += 9) {
    const place = (to + (bytes[q] as number)) * 8;
    for (let b = 0; b < 8; b++) column.bytes[place + b] = bytes[q + 1 + b] as number;
  }
}

function repeatBits(
  bytes: Uint8Array,
  at: number,
  count: number,
  { words }: ValueColumn,
  to: number,
): void {
  const read = (p: number) =>
    (bytes[p] as number) |
    ((bytes[p + 1] as number) << 8) |
    ((bytes[p + 2] as number) << 16) |
    ((bytes[p + 3] as number) << 24);
  const low = read(at);
  const high = read(at + 4);
  for (let i = to; i < to + count; i++) {
    words[i * 2] = low;
    words[i * 2 + 1] = high;
  }
}

function decodeBytes(
  bytes: Uint8Array,
  at: number,
  count: number,
  column: ValueColumn,
  to: number,
): void {
  const mask = bytes[at] as number;
  if (mask !== 255) repeatBits(bytes, at + 1, count, column, to);
  const target = column.bytes;
  let p = at + 9;
  for (let b = 0; b < 8; b++) {
    if ((mask & (1 << b)) === 0) continue;
    for (let i = 0, t = to * 8 + b; i < count; i++, t += 8) target[t] = bytes[p++] as number;
  }
}

function decodeWhole(
  bytes: Uint8Array,
  at: number,
  count: number,
  values: Float64Array,
  to: number,
  steps: boolean,
): void {
  const scale = bytes[at] as number;
  const width = bytes[at + 1] as number;
  const least = readNumber(bytes, at + 2);
  const factor = scale < DECIMAL ? 2 ** scale : 1;
  if (steps) {
    let n = readNumber(bytes, at + 10);
    unpack(bytes, at + 18, rests, count - 1, width);
    values[to] = n;
    for (let i = 1; i < count; i++) {
      n += least + (rests[i - 1] as number) * factor;
      values[to + i] = n;
    }
  } else {
    unpack(bytes, at + 10, rests, count, width);
    for (let i = 0; i < count; i++) values[to + i] = least + (rests[i] as number) * factor;
  }
  if (scale <= DECIMAL) return;
  const power = POWERS[scale - DECIMAL] as number;
  for (let i = to; i < to + count; i++) values[i] = (values[i] as number) / power;
}
