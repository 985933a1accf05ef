import {
  MAX_CHUNK_SAMPLES,
  pack,
  packedBytes,
  readUint32,
  unpack,
  widthFor,
  writeNumber,
  writeUint32,
} from "./head-bytes.ts";

/*
 * Times of a chunk, after one byte that names the form. The chunk's header has the first and the last.
 * - regular: nothing more; the times are spread evenly.
 * - nearly regular: interval (4 bytes), place of the grid before the first time (2), number of exceptions (1), and for each
 *   its index (1) and its distance from the grid (2).
 * - steps: width (1), smallest step (4), what each step is longer (packed).
 * - plain: eight bytes each.
 */
const REGULAR = 0;
const NEARLY_REGULAR = 1;
const STEPS = 2;
const PLAIN = 3;

const MAX_DISTANCE = 32_767;
const scratch = new Float64Array(MAX_CHUNK_SAMPLES + 2);

const medianOfThree = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Interval and first place of the grid that most times stand on; one of them may be off it anywhere. */
function gridOf(times: Float64Array, from: number, count: number): [number, number] {
  const step = (i: number) => (times[from + i + 1] as number) - (times[from + i] as number);
  if (count < 6) {
    const interval =
      ((times[from + count - 1] as number) - (times[from] as number)) / Math.max(1, count - 1);
    return [interval, times[from] as number];
  }
  const interval = medianOfThree(
    medianOfThree(step(0), step(1), step(2)),
    medianOfThree(step(1), step(2), step(3)),
    medianOfThree(step(2), step(3), step(4)),
  );
  const place = (i: number) => (times[from + i] as number) - i * interval;
  return [interval, medianOfThree(place(0), place(1), place(2))];
}

/** Writes strictly ascending whole milliseconds. @returns where the next byte goes. */
export function encodeTimes(
  times: Float64Array,
  from: number,
  count: number,
  bytes: Uint8Array,
  at: number,
): number {
  const [interval, first] = gridOf(times, from, count);
  let exceptions = 0;
  let farthest = 0;
  for (let i = 0; i < count; i++) {
    const distance = (times[from + i] as number) - (first + i * interval);
    if (distance === 0) continue;
    exceptions++;
    if (distance > farthest) farthest = distance;
    else if (-distance > farthest) farthest = -distance;
  }
  if (exceptions === 0) {
    bytes[at] = REGULAR;
    return at + 1;
  }
  const onGrid = interval <= 0xffff_ffff && Number.isInteger(interval) && farthest <= MAX_DISTANCE;
  if (onGrid && exceptions * 4 <= count)
    return encodeNearlyRegular(times, from, count, bytes, at, interval, first);
  return encodeSteps(times, from, count, bytes, at);
}

function encodeNearlyRegular(
  times: Float64Array,
  from: number,
  count: number,
  bytes: Uint8Array,
  at: number,
  interval: number,
  first: number,
): number {
  bytes[at] = NEARLY_REGULAR;
  writeUint32(bytes, at + 1, interval);
  const before = first - (times[from] as number);
  bytes[at + 5] = before;
  bytes[at + 6] = before >> 8;
  let exceptions = 0;
  let p = at + 8;
  for (let i = 0; i < count; i++) {
    const distance = (times[from + i] as number) - (first + i * interval);
    if (distance === 0) continue;
    exceptions++;
    bytes[p++] = i;
    bytes[p++] = distance;
    bytes[p++] = distance >> 8;
  }
  bytes[at + 7] = exceptions;
  return p;
}

function encodeSteps(
  times: Float64Array,
  from: number,
  count: number,
  bytes: Uint8Array,
  at: number,
): number {
  let least = Infinity;
  let most = 0;
  for (let i = 1; i < count; i++) {
    const step = (times[from + i] as number) - (times[from + i - 1] as number);
    scratch[i - 1] = step;
    if (step < least) least = step;
    if (step > most) most = step;
  }
  const width = widthFor(most - least);
  if (width === undefined || least > 0xffff_ffff) {
    bytes[at] = PLAIN;
    for (let i = 0; i < count; i++) writeNumber(bytes, at + 1 + i * 8, times[from + i] as number);
    return at + 1 + count * 8;
  }
  for (let i = 0; i < count - 1; i++) scratch[i] = (scratch[i] as number) - least;
  bytes[at] = STEPS;
  bytes[at + 1] = width;
  writeUint32(bytes, at + 2, least);
  return pack(bytes, at + 6, scratch, count - 1, width);
}

const signed16 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) | ((bytes[at + 1] as number) << 8)) << 16) >> 16;

/** Writes `count` times to `times` from `to` on. @returns where the values begin. */
export function decodeTimes(
  bytes: Uint8Array,
  at: number,
  count: number,
  startMs: number,
  endMs: number,
  times: Float64Array,
  to: number,
): number {
  switch (bytes[at]) {
    case REGULAR: {
      const interval = (endMs - startMs) / Math.max(1, count - 1);
      for (let i = 0; i < count; i++) times[to + i] = startMs + i * interval;
      return at + 1;
    }
    case NEARLY_REGULAR: {
      const interval = readUint32(bytes, at + 1);
      const first = startMs + signed16(bytes, at + 5);
      for (let i = 0; i < count; i++) times[to + i] = first + i * interval;
      const end = at + 8 + (bytes[at + 7] as number) * 3;
      for (let p = at + 8; p < end; p += 3) {
        const i = to + (bytes[p] as number);
        times[i] = (times[i] as number) + signed16(bytes, p + 1);
      }
      return end;
    }
    case STEPS: {
      const width = bytes[at + 1] as number;
      const least = readUint32(bytes, at + 2);
      unpack(bytes, at + 6, scratch, count - 1, width);
      let time = startMs;
      times[to] = time;
      for (let i = 1; i < count; i++) {
        time += least + (scratch[i - 1] as number);
        times[to + i] = time;
      }
      return at + 6 + packedBytes(count - 1, width);
    }
    default:
      new Uint8Array(times.buffer, times.byteOffset + to * 8, count * 8).set(
        bytes.subarray(at + 1, at + 1 + count * 8),
      );
      return at + 1 + count * 8;
  }
}
