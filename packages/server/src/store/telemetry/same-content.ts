import { isHistogramMarker, isMarker } from "#lib";

/**
 * Compares the bits of a sample that is held (low, high) with a number's or with a histogram's bytes; `heldBytes` are those of the
 * histogram that is held, where memory still has them. Numbers of other bits are equal only when neither is one.
 */
export function compareContent(
  words: Uint32Array,
  content: Uint32Array | Uint8Array,
  heldBytes: () => Uint8Array | undefined,
): "same" | "other" {
  if (content instanceof Uint8Array) {
    if (!isHistogramMarker(words, 0)) return "other";
    const held = heldBytes();
    return held === undefined || Buffer.compare(held, content) === 0 ? "same" : "other";
  }
  if (words[0] === content[0] && words[1] === content[1]) return "same";
  if (isMarker(words, 0) || isMarker(content, 0)) return "other";
  const number = (halves: Uint32Array) => new Float64Array(halves.buffer, halves.byteOffset, 1)[0];
  return Number.isNaN(number(words)) && Number.isNaN(number(content)) ? "same" : "other";
}
