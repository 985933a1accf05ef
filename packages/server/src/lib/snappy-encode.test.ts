import { expect, it } from "vitest";

import { snappyEncode } from "./snappy-encode.ts";
import { SnappyDecoder } from "./snappy.ts";

const LIMIT = 1 << 24;
const roundTrip = (input: Uint8Array) => new SnappyDecoder().decode(snappyEncode(input), LIMIT);

/** A small generator, so that every run sees the same bytes. */
function bytes(length: number, alphabet: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) % alphabet;
  });
}

it.each([0, 1, 3, 4, 5, 59, 60, 61, 62, 255, 256, 257, 258, 65_535, 65_536, 65_537, 200_000])(
  "%d bytes of any kind come back",
  (length) => {
    for (const alphabet of [1, 2, 7, 256]) {
      const input = bytes(length, alphabet, length + alphabet);
      expect(roundTrip(input).equals(input), `${alphabet} letters`).toBe(true);
    }
  },
);

it("what repeats becomes short, and what does not hardly longer", () => {
  const text = Buffer.from('http_requests_total{job="api",instance="a"}'.repeat(1000));
  expect(snappyEncode(text).length).toBeLessThan(text.length / 15);
  const noise = bytes(100_000, 256, 1);
  expect(snappyEncode(noise).length).toBeLessThan(noise.length * 1.01);
});
