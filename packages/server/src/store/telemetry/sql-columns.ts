/** 64-bit integers of numbers, for Arrow columns: two 32-bit halves are written instead of a BigInt per row. */
export function writeInt64(
  words: Int32Array,
  from: ArrayLike<number>,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = from[i] as number;
    const place = (at + i) * 2;
    words[place] = value | 0;
    words[place + 1] = Math.floor(value / 4_294_967_296);
  }
}

export function toBigInts(numbers: ArrayLike<number>): BigInt64Array {
  const column = new BigInt64Array(numbers.length);
  writeInt64(new Int32Array(column.buffer), numbers, 0, numbers.length);
  return column;
}

export const asSigned = (ids: BigUint64Array): BigInt64Array =>
  new BigInt64Array(ids.buffer, ids.byteOffset, ids.length);

/** A point in time as SQL. */
export const sqlTime = (timeMs: number): string =>
  `fromUnixTimestamp64Milli(${Math.trunc(timeMs)}, 'UTC')`;
