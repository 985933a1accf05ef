/** Matches are looked for within a block of this size, as the format's own encoder does. */
const BLOCK_BYTES = 65_536;
const TABLE_BITS = 14;
const MIN_MATCH = 4;
/** The longest copy that one element can tell. */
const MAX_COPY = 64;

/** Writes the head of a literal and its bytes. */
function literal(out: Uint8Array, at: number, input: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length === 0) return at;
  let place = at;
  if (length <= 60) out[place++] = (length - 1) << 2;
  else {
    const bytes = length <= 0x100 ? 1 : 2;
    out[place++] = (59 + bytes) << 2;
    for (let i = 0, rest = length - 1; i < bytes; i++, rest >>>= 8) out[place++] = rest & 0xff;
  }
  out.set(input.subarray(from, to), place);
  return place + length;
}

function copy(out: Uint8Array, at: number, offset: number, length: number): number {
  let place = at;
  for (let rest = length; rest > 0; rest -= MAX_COPY) {
    out[place++] = ((Math.min(rest, MAX_COPY) - 1) << 2) | 2;
    out[place++] = offset & 0xff;
    out[place++] = offset >>> 8;
  }
  return place;
}

/** Encodes [from, to) of the input, which is one block. */
function block(
  input: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  out: Uint8Array,
  start: number,
  table: Uint16Array,
): number {
  table.fill(0);
  let at = start;
  let unwritten = from;
  let position = from + 1;
  while (position + MIN_MATCH <= to) {
    const word = view.getUint32(position, true);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - TABLE_BITS);
    const candidate = from + (table[slot] as number);
    table[slot] = position - from;
    if (candidate >= position || view.getUint32(candidate, true) !== word) {
      // The longer nothing is found, the less is looked at: bytes that cannot be compressed cost little.
      position += 1 + ((position - unwritten) >> 5);
      continue;
    }
    at = literal(out, at, input, unwritten, position);
    let end = position + MIN_MATCH;
    while (end < to && input[end] === input[candidate + end - position]) end++;
    at = copy(out, at, position - candidate, end - position);
    unwritten = position = end;
  }
  return literal(out, at, input, unwritten, to);
}

/** One block of the snappy format (format_description.txt of google/snappy) with these bytes. */
export function snappyEncode(input: Uint8Array): Buffer {
  const blocks = Math.ceil(input.length / BLOCK_BYTES);
  // Literals cost three bytes each at most, and every copy of three bytes stands for four of the input.
  const out = Buffer.allocUnsafe(16 + input.length + Math.ceil(input.length / 4) + blocks * 8);
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const table = new Uint16Array(1 << TABLE_BITS);
  let at = 0;
  let length = input.length;
  for (; length > 0x7f; length = Math.floor(length / 128)) out[at++] = (length % 128) | 0x80;
  out[at++] = length;
  for (let from = 0; from < input.length; from += BLOCK_BYTES)
    at = block(input, view, from, Math.min(from + BLOCK_BYTES, input.length), out, at, table);
  return out.subarray(0, at);
}
