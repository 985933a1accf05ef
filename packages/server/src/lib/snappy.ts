/** A body that is not a snappy block, or that says it holds more than is allowed. */
export class SnappyError extends Error {
  /** Whether the sender asked for more room than it may have. */
  readonly tooLarge: boolean;

  constructor(message: string, tooLarge = false) {
    super(message);
    this.name = "SnappyError";
    this.tooLarge = tooLarge;
  }
}

/** Room behind the end of an output, so that short copies may be made in whole words. */
const SLACK = 16;
const MAX_PREAMBLE_BYTES = 5;
const MAX_LENGTH = 0xffff_ffff;

const corrupt = (what: string): SnappyError => new SnappyError(`snappy: ${what}`);

/** Length of the content as the block's head declares it, and where the elements begin. */
function readPreamble(input: Uint8Array): { length: number; start: number } {
  let length = 0;
  for (let i = 0; i < MAX_PREAMBLE_BYTES; i++) {
    const byte = input[i];
    if (byte === undefined) throw corrupt("the input ends within its length");
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (length > MAX_LENGTH) break;
      return { length, start: i + 1 };
    }
  }
  throw corrupt("the declared length is not a 32-bit number");
}

/** Copies within the output; source and target may overlap, and then the pattern repeats. */
function copyBack(output: Uint8Array, words: DataView, at: number, offset: number, length: number) {
  const end = at + length;
  if (offset >= 16) {
    // Compiled code moves 64 bits at once here and makes no BigInt.
    for (let to = at; to < end; to += 16) {
      const from = to - offset;
      words.setBigInt64(to, words.getBigInt64(from, true), true);
      words.setBigInt64(to + 8, words.getBigInt64(from + 8, true), true);
    }
    return;
  }
  if (offset >= 4) {
    for (let to = at; to < end; to += 4)
      words.setInt32(to, words.getInt32(to - offset, true), true);
    return;
  }
  for (let to = at; to < end; to++) output[to] = output[to - offset] as number;
}

/**
 * Decodes blocks of the snappy format (format_description.txt of google/snappy) into one buffer that grows as needed and
 * is used again. What `decode` answers is a view that is valid until the next call.
 */
export class SnappyDecoder {
  private output = Buffer.allocUnsafeSlow(64 << 10);
  private words = new DataView(this.output.buffer);
  private readonly keepBytes: number;

  /** A buffer larger than `keepBytes` is given back after its use. */
  constructor(keepBytes = 8 << 20) {
    this.keepBytes = keepBytes;
  }

  /** Nothing is allocated before the declared length was compared with `maxBytes`. @throws SnappyError */
  decode(input: Uint8Array, maxBytes: number): Buffer {
    const { length, start } = readPreamble(input);
    if (length > maxBytes)
      throw new SnappyError(
        `snappy: the body declares ${length} bytes, at most ${maxBytes} are read`,
        true,
      );
    // An element yields at most 64 bytes from three, so a short input cannot make a large buffer worth having.
    if (length > input.length * 22) throw corrupt("the input is too short for its declared length");
    this.reserve(length + SLACK);
    this.run(input, start, length);
    return this.output.subarray(0, length);
  }

  private reserve(bytes: number): void {
    const fits = bytes <= this.output.length;
    if (fits && (this.output.length <= this.keepBytes || bytes > this.keepBytes)) return;
    this.output = Buffer.allocUnsafeSlow(
      Math.max(64 << 10, Math.min(bytes * 2, bytes + (1 << 20))),
    );
    this.words = new DataView(this.output.buffer);
  }

  // oxlint-disable-next-line complexity -- one branch per kind of element, on the hottest loop of remote write
  private run(input: Uint8Array, start: number, length: number): void {
    const { output, words } = this;
    const inputEnd = input.length;
    let from = start;
    let at = 0;
    while (from < inputEnd) {
      const tag = input[from++] as number;
      const kind = tag & 3;
      if (kind === 0) {
        let size = tag >>> 2;
        if (size >= 60) {
          const extra = size - 59;
          if (from + extra > inputEnd) throw corrupt("the input ends within a literal's length");
          size = 0;
          for (let i = extra - 1; i >= 0; i--) size = size * 256 + (input[from + i] as number);
          from += extra;
        }
        size++;
        if (from + size > inputEnd) throw corrupt("the input ends within a literal");
        if (at + size > length) throw corrupt("the content is longer than declared");
        if (size <= 48) for (let i = 0; i < size; i++) output[at + i] = input[from + i] as number;
        else output.set(input.subarray(from, from + size), at);
        from += size;
        at += size;
        continue;
      }
      let size: number;
      let offset: number;
      const needed = kind === 3 ? 4 : kind;
      if (from + needed > inputEnd) throw corrupt("the input ends within a copy");
      if (kind === 1) {
        size = ((tag >>> 2) & 7) + 4;
        offset = ((tag >>> 5) << 8) | (input[from] as number);
      } else {
        size = (tag >>> 2) + 1;
        offset = (input[from] as number) | ((input[from + 1] as number) << 8);
        if (kind === 3)
          offset += (input[from + 2] as number) * 65_536 + (input[from + 3] as number) * 16_777_216;
      }
      from += needed;
      if (offset === 0 || offset > at) throw corrupt("a copy reaches before the content's start");
      if (at + size > length) throw corrupt("the content is longer than declared");
      copyBack(output, words, at, offset, size);
      at += size;
    }
    if (at !== length) throw corrupt("the content is shorter than declared");
  }
}
