/** Longest chunk: its indexes fit into a byte. */
export const MAX_CHUNK_SAMPLES = 240;

const NUMBER = new Float64Array(1);
const NUMBER_BYTES = new Uint8Array(NUMBER.buffer);

/** Reads a number at any place; typed arrays want their own alignment. */
export function readNumber(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) NUMBER_BYTES[i] = bytes[at + i] as number;
  return NUMBER[0] as number;
}

export function writeNumber(bytes: Uint8Array, at: number, value: number): void {
  NUMBER[0] = value;
  for (let i = 0; i < 8; i++) bytes[at + i] = NUMBER_BYTES[i] as number;
}

export const readUint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0;

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Bits per number that hold 0 to `range`; undefined when 32 are too few. */
export function widthFor(range: number): number | undefined {
  if (range === 0) return 0;
  if (range < 16) return 4;
  if (range < 256) return 8;
  if (range < 65_536) return 16;
  if (range < 16_777_216) return 24;
  return range <= 0xffff_ffff ? 32 : undefined;
}

export const packedBytes = (count: number, width: number): number => (count * width + 7) >>> 3;

/** Writes `count` unsigned numbers of equal width; two of four bits share a byte. */
export function pack(
  bytes: Uint8Array,
  at: number,
  numbers: Float64Array,
  count: number,
  width: number,
): number {
  let p = at;
  switch (width) {
    case 0:
      break;
    case 4:
      for (let i = 0; i < count; i += 2)
        bytes[p++] = (numbers[i] as number) | (i + 1 < count ? (numbers[i + 1] as number) << 4 : 0);
      break;
    case 8:
      for (let i = 0; i < count; i++) bytes[p++] = numbers[i] as number;
      break;
    default:
      for (let i = 0; i < count; i++) {
        const n = (numbers[i] as number) >>> 0;
        bytes[p++] = n;
        bytes[p++] = n >>> 8;
        if (width >= 24) bytes[p++] = n >>> 16;
        if (width === 32) bytes[p++] = n >>> 24;
      }
  }
  return p;
}

/** Reads what `pack` wrote to the front of `numbers`. */
export function unpack(
  bytes: Uint8Array,
  at: number,
  numbers: Float64Array,
  count: number,
  width: number,
): void {
  let p = at;
  switch (width) {
    case 0:
      numbers.fill(0, 0, count);
      break;
    case 4:
      for (let i = 0; i < count; i += 2) {
        const byte = bytes[p++] as number;
        numbers[i] = byte & 15;
        numbers[i + 1] = byte >>> 4;
      }
      break;
    case 8:
      for (let i = 0; i < count; i++) numbers[i] = bytes[p++] as number;
      break;
    case 16:
      for (let i = 0; i < count; i++, p += 2)
        numbers[i] = (bytes[p] as number) | ((bytes[p + 1] as number) << 8);
      break;
    case 24:
      for (let i = 0; i < count; i++, p += 3)
        numbers[i] =
          (bytes[p] as number) | ((bytes[p + 1] as number) << 8) | ((bytes[p + 2] as number) << 16);
      break;
    default:
      for (let i = 0; i < count; i++, p += 4) numbers[i] = readUint32(bytes, p);
  }
}
