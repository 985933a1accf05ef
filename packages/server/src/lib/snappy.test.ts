import { describe, expect, it } from "vitest";

import { SnappyDecoder, SnappyError } from "./snappy.ts";

const MAX = 1 << 20;
const block = (length: number[], ...elements: (number[] | Buffer)[]) =>
  Buffer.concat([Buffer.from(length), ...elements.map((part) => Buffer.from(part as number[]))]);

/** Numbers that look random and are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const outcomeOf = (attempt: () => boolean): string => {
  try {
    return String(attempt());
  } catch (error) {
    return (error as Error).name;
  }
};

describe("a block", () => {
  const long = Buffer.alloc(300, "abcdefgh");
  it.each<[string, Buffer, string]>([
    ["is empty", block([0]), ""],
    ["is one literal", block([3], [2 << 2, 97, 98, 99]), "abc"],
    ["is a long literal", block([172, 2], [61 << 2, 43, 1], long), long.toString()],
    ["has a copy with a one-byte offset", block([8], [3 << 2, 97, 98, 99, 100, 1, 4]), "abcdabcd"],
    [
      "has a copy with a two-byte offset",
      block([6], [2 << 2, 97, 98, 99, (2 << 2) | 2, 3, 0]),
      "abcabc",
    ],
    [
      "has a copy with a four-byte offset",
      block([6], [2 << 2, 97, 98, 99, (2 << 2) | 3, 3, 0, 0, 0]),
      "abcabc",
    ],
    [
      "repeats one byte by a copy that overlaps itself",
      block([9], [0, 120, (7 << 2) | 2, 1, 0]),
      "xxxxxxxxx",
    ],
    [
      "repeats five bytes by a copy that overlaps itself",
      block([17], [4 << 2, 49, 50, 51, 52, 53, (11 << 2) | 2, 5, 0]),
      "12345123451234512",
    ],
  ])("that %s", (_name, input, content) => {
    expect(new SnappyDecoder().decode(input, MAX).toString()).toBe(content);
  });

  it.each<[string, Buffer]>([
    ["has no length", block([])],
    ["has a length that does not end", block([255, 255, 255, 255, 255, 1])],
    ["has a length that is cut off", block([128])],
    ["has a length beyond 32 bits", block([255, 255, 255, 255, 127])],
    ["ends within a literal", block([3], [2 << 2, 97])],
    ["ends within a literal's length", block([172, 2], [61 << 2, 43])],
    ["ends within a copy", block([8], [3 << 2, 97, 98, 99, 100, 2, 4])],
    ["copies from before its start", block([8], [3 << 2, 97, 98, 99, 100, 1, 5])],
    ["copies from nowhere", block([8], [3 << 2, 97, 98, 99, 100, 1, 0])],
    ["holds less than it declares", block([9], [2 << 2, 97, 98, 99])],
    ["holds more than it declares", block([2], [2 << 2, 97, 98, 99])],
    ["copies more than it declares", block([5], [3 << 2, 97, 98, 99, 100, 1, 4])],
  ])("is refused when it %s", (_name, input) => {
    expect(() => new SnappyDecoder().decode(input, MAX)).toThrow(SnappyError);
  });

  it("is refused by its declared length before anything is allocated", () => {
    const before = process.memoryUsage().arrayBuffers;
    const bomb = block([255, 255, 255, 255, 15], [0, 120]);
    expect(() => new SnappyDecoder().decode(bomb, MAX)).toThrow(/at most 1048576 are read/);
    // Allowed by the limit, but no input of that size can hold so much.
    expect(() => new SnappyDecoder().decode(bomb, 2 ** 33)).toThrow(/too short/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  it("never makes the decoder do anything but decode or refuse, whatever is changed in it", () => {
    const random = makeRandom(7);
    const decoder = new SnappyDecoder();
    const valid = block(
      [200, 1],
      [61 << 2, 49, 0],
      Buffer.alloc(50, "0123456789"),
      [(63 << 2) | 2, 50, 0],
      [(63 << 2) | 2, 7, 0],
      [(21 << 2) | 2, 100, 0],
    );
    expect(decoder.decode(valid, MAX)).toHaveLength(200);
    const outcomes = new Set<string>();
    for (let round = 0; round < 20_000; round++) {
      const input = Buffer.from(valid.subarray(0, 1 + Math.floor(random() * valid.length)));
      for (let change = 0; change < 3; change++)
        input[Math.floor(random() * input.length)] = Math.floor(random() * 256);
      outcomes.add(outcomeOf(() => decoder.decode(input, 4096).length <= 4096));
    }
    expect([...outcomes].toSorted()).toEqual(["SnappyError", "true"]);
  });
});

it("uses its memory again, and gives a large one back", () => {
  const decoder = new SnappyDecoder(1 << 17);
  const small = block([3], [2 << 2, 97, 98, 99]);
  const first = decoder.decode(small, MAX).buffer;
  expect(decoder.decode(small, MAX).buffer).toBe(first);
  const size = 1 << 19;
  const parts: Buffer[] = [Buffer.from([128, 128, 32])];
  for (let at = 0; at < size; at += 65_536)
    parts.push(Buffer.from([61 << 2, 255, 255]), Buffer.alloc(65_536, 1));
  expect(decoder.decode(Buffer.concat(parts), MAX)).toHaveLength(size);
  expect(decoder.decode(small, MAX).buffer.byteLength).toBeLessThan(size);
});
