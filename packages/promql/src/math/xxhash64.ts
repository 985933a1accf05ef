/** A number of 64 bits as two of 32. */
interface Word {
  high: number;
  low: number;
}

const word = (high: number, low: number): Word => ({ high: high | 0, low: low | 0 });

const P1 = word(0x9e3779b1, 0x85ebca87);
const P2 = word(0xc2b2ae3d, 0x27d4eb4f);
const P3 = word(0x165667b1, 0x9e3779f9);
const P4 = word(0x85ebca77, 0xc2b2ae63);
const P5 = word(0x27d4eb2f, 0x165667c5);

function set(a: Word, b: Word): void {
  a.high = b.high;
  a.low = b.low;
}

function add(a: Word, high: number, low: number): void {
  const sum = (a.low >>> 0) + (low >>> 0);
  a.low = sum | 0;
  a.high = (a.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
}

function multiply(a: Word, b: Word): void {
  const a0 = a.low & 0xffff;
  const a1 = a.low >>> 16;
  const b0 = b.low & 0xffff;
  const b1 = b.low >>> 16;
  const low = Math.imul(a0, b0) >>> 0;
  const first = Math.imul(a0, b1) >>> 0;
  const second = Math.imul(a1, b0) >>> 0;
  const middle = (low >>> 16) + (first & 0xffff) + (second & 0xffff);
  const carried = Math.imul(a1, b1) + (first >>> 16) + (second >>> 16) + (middle >>> 16);
  a.high = (carried + Math.imul(a.high, b.low) + Math.imul(a.low, b.high)) | 0;
  a.low = (low & 0xffff) | (middle << 16);
}

/** Rotates to the left by 1 to 31 bits. */
function rotate(a: Word, bits: number): void {
  const { high, low } = a;
  a.high = (high << bits) | (low >>> (32 - bits));
  a.low = (low << bits) | (high >>> (32 - bits));
}

function xor(a: Word, b: Word): void {
  a.high ^= b.high;
  a.low ^= b.low;
}

function little(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0] = [bytes[at], bytes[at + 1]];
  return a | (b << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** Takes eight bytes into an accumulator. */
function round(into: Word, bytes: Uint8Array, at: number, scratch: Word): void {
  scratch.low = little(bytes, at);
  scratch.high = little(bytes, at + 4);
  roundWord(into, scratch);
}

function roundWord(into: Word, input: Word): void {
  multiply(input, P2);
  add(into, input.high, input.low);
  rotate(into, 31);
  multiply(into, P1);
}

function merge(hash: Word, lane: Word, scratch: Word): void {
  const rounded = word(0, 0);
  set(scratch, lane);
  roundWord(rounded, scratch);
  xor(hash, rounded);
  multiply(hash, P1);
  add(hash, P4.high, P4.low);
}

/** The part of inputs of 32 bytes and more: four lanes; answers where it stopped. */
function stripes(hash: Word, bytes: Uint8Array, length: number, scratch: Word): number {
  const lanes = [word(P1.high, P1.low), word(P2.high, P2.low), word(0, 0), word(0, 0)] as const;
  const [first, second, third, fourth] = lanes;
  add(first, P2.high, P2.low);
  // Minus P1.
  add(fourth, ~P1.high, ~P1.low);
  add(fourth, 0, 1);
  let at = 0;
  for (; at + 32 <= length; at += 32) {
    round(first, bytes, at, scratch);
    round(second, bytes, at + 8, scratch);
    round(third, bytes, at + 16, scratch);
    round(fourth, bytes, at + 24, scratch);
  }
  const turns = [1, 7, 12, 18];
  lanes.forEach((lane, i) => {
    set(scratch, lane);
    rotate(scratch, turns[i] ?? 1);
    add(hash, scratch.high, scratch.low);
  });
  for (const lane of lanes) merge(hash, lane, scratch);
  return at;
}

/**
 * XXH64 with seed 0 of the first `length` bytes. Without BigInt, which takes some fifty times as long.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxhash64(bytes: Uint8Array, length: number): { high: number; low: number } {
  const hash = word(0, 0);
  const scratch = word(0, 0);
  let at = 0;
  if (length >= 32) at = stripes(hash, bytes, length, scratch);
  else set(hash, P5);
  add(hash, 0, length);
  for (; at + 8 <= length; at += 8) {
    const rounded = word(0, 0);
    round(rounded, bytes, at, scratch);
    xor(hash, rounded);
    rotate(hash, 27);
    multiply(hash, P1);
    add(hash, P4.high, P4.low);
  }
  if (at + 4 <= length) {
    set(scratch, word(0, little(bytes, at)));
    multiply(scratch, P1);
    xor(hash, scratch);
    rotate(hash, 23);
    multiply(hash, P2);
    add(hash, P3.high, P3.low);
    at += 4;
  }
  for (; at < length; at++) {
    set(scratch, word(0, bytes[at] ?? 0));
    multiply(scratch, P5);
    xor(hash, scratch);
    rotate(hash, 11);
    multiply(hash, P1);
  }
  return avalanche(hash);
}

function avalanche(hash: Word): { high: number; low: number } {
  // Shifts to the right by 33, 29 and 32 bits.
  hash.low ^= hash.high >>> 1;
  multiply(hash, P2);
  xor(hash, word(hash.high >>> 29, (hash.low >>> 29) | (hash.high << 3)));
  multiply(hash, P3);
  hash.low ^= hash.high;
  return { high: hash.high >>> 0, low: hash.low >>> 0 };
}
