import { describe, expect, it } from "vitest";

import { PromQLError } from "./error.ts";
import { parseShared } from "./parse-shared.ts";
import { parsePromQL } from "./parse.ts";

describe("parseShared", () => {
  it("answers the same tree for the same text, and what parsing it gives", () => {
    const text = 'sum by (job) (rate(m{a=~"x.*"}[5m])) > 1';
    expect(parseShared(text)).toBe(parseShared(text));
    expect(parseShared(text)).toEqual(parsePromQL(text));
  });

  it("refuses a wrong text each time", () => {
    for (let i = 0; i < 2; i++) expect(() => parseShared("sum(")).toThrow(PromQLError);
  });

  it("forgets what was not asked for longest", () => {
    const often = parseShared("often");
    const first = parseShared("first");
    for (let i = 0; i < 300; i++) {
      parseShared(`m_${i}`);
      expect(parseShared("often")).toBe(often);
    }
    expect(parseShared("first")).not.toBe(first);
  });

  it("keeps no text of great length", () => {
    const long = `m{a="${"x".repeat(5000)}"}`;
    expect(parseShared(long)).not.toBe(parseShared(long));
  });
});
