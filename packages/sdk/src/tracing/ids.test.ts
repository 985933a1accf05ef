import { describe, expect, it } from "vitest";

import { idOf, newSpanId, newTraceId } from "./ids.ts";

describe("ids", () => {
  it.each([
    ["spans", 16, newSpanId],
    ["traces", 32, newTraceId],
  ])("of %s have %d digits, and are different", (_, length, create) => {
    const texts = new Set(Array.from({ length: 20_000 }, () => create().text));
    expect(texts.size).toBe(20_000);
    for (const text of texts) expect(text).toMatch(new RegExp(`^[0-9a-f]{${length}}$`));
  });

  it("use all of their digits alike", () => {
    const count = 4000;
    const texts = Array.from({ length: count }, () => newTraceId().text);
    for (let at = 0; at < 32; at++) {
      const zeros = texts.filter((text) => text[at] === "0").length;
      // One in sixteen: ten standard deviations to either side.
      expect(zeros).toBeGreaterThan(count / 16 - 155);
      expect(zeros).toBeLessThan(count / 16 + 155);
    }
  });

  it.each(["00000000000000ff", "ffffffff80000000", "0af7651916cd43dd8448eb211c80319c"])(
    "are the same as the text %s",
    (text) => {
      expect(idOf(text).text).toBe(text);
      expect(idOf(text.toUpperCase()).text).toBe(text);
    },
  );

  it("are no ids where a text is none", () => {
    expect(idOf("").text).toBe("0".repeat(16));
    expect(idOf("zz").text).toBe("0".repeat(16));
  });
});
