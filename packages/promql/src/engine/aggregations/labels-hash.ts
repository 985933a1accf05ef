import type { Labels } from "../../labels.ts";
import { xxhash64 } from "../../math/xxhash64.ts";

/** From this length on a text's length takes three bytes more. */
const LONG = 255;

const encoder = new TextEncoder();
let buffer = new Uint8Array(1024);

/** Most texts are short and ASCII, where calling the encoder takes longer than encoding; -1 where not. */
function putPlain(text: string, at: number): number {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return -1;
    buffer[at + 1 + i] = code;
  }
  buffer[at] = length;
  return at + 1 + length;
}

function put(text: string, at: number): number {
  // UTF-8 takes at most three bytes for a unit of UTF-16.
  const most = text.length * 3;
  if (at + 4 + most > buffer.length) {
    const grown = new Uint8Array((at + 4 + most) * 2);
    grown.set(buffer);
    buffer = grown;
  }
  const plain = text.length < LONG ? putPlain(text, at) : -1;
  if (plain >= 0) return plain;
  let { written } = encoder.encodeInto(text, buffer.subarray(at + 1));
  if (written < LONG) {
    buffer[at] = written;
    return at + 1 + written;
  }
  ({ written } = encoder.encodeInto(text, buffer.subarray(at + 4)));
  buffer.set([LONG, written & 255, (written >> 8) & 255, (written >> 16) & 255], at);
  return at + 4 + written;
}

/**
 * Where `limit_ratio` places a series between 0 and 1: the hash of its labels, as upstream's `Labels.Hash` (the default
 * build, whose labels are one string of texts that begin with their length), in parts of 2^64.
 */
export function ratioOffset(labels: Labels): number {
  let length = 0;
  for (let i = 0; i < labels.names.length; i++) {
    length = put(labels.names[i] ?? "", length);
    length = put(labels.values[i] ?? "", length);
  }
  const { high, low } = xxhash64(buffer, length);
  return (high * 2 ** 32 + low) / 2 ** 64;
}
