/**
 * The stale marker of Prometheus: one NaN bit pattern, 0x7ff0000000000002, that says "this series ended here".
 * A number in a JavaScript variable may lose the bits of a NaN, so markers are written and read in the columns
 * themselves, through a 32-bit view of the same buffer (little endian, as all machines that Node runs on).
 */
const HIGH = 0x7ff00000;
const LOW = 0x00000002;
/** Our own marker, 0x7ff0000000000004: a native histogram stands here, its bytes are kept elsewhere. */
const HISTOGRAM_LOW = 0x00000004;

/** A 32-bit view of a column of values, for {@link writeStale} and {@link isStale}. */
export const wordsOf = (values: Float64Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length * 2);

export function writeStale(words: Uint32Array, index: number): void {
  words[index * 2] = LOW;
  words[index * 2 + 1] = HIGH;
}

export const isStale = (words: Uint32Array, index: number): boolean =>
  words[index * 2 + 1] === HIGH && words[index * 2] === LOW;

export function writeHistogramMarker(words: Uint32Array, index: number): void {
  words[index * 2] = HISTOGRAM_LOW;
  words[index * 2 + 1] = HIGH;
}

export const isHistogramMarker = (words: Uint32Array, index: number): boolean =>
  words[index * 2 + 1] === HIGH && words[index * 2] === HISTOGRAM_LOW;

/** Whether the bits mean something else than a number; see {@link isStale} and {@link isHistogramMarker}. */
export const isMarker = (words: Uint32Array, index: number): boolean =>
  words[index * 2 + 1] === HIGH && (words[index * 2] === LOW || words[index * 2] === HISTOGRAM_LOW);
