import { describe, expect, it } from "vitest";

import { collapseIds, OVERFLOW, SpanNames } from "./span-names.ts";

describe("names of spans without ids", () => {
  it.each([
    ["GET /users/17/orders/4711", "GET /users/{id}/orders/{id}"],
    ["job 0af7651916cd43dd8448eb211c80319c", "job {id}"],
    ["run 6ba7b810-9dad-11d1-80b4-00c04fd430c8", "run {id}"],
    ["task run-3f2a9c1d", "task run-{id}"],
    ["chat gpt-4-0613", "chat gpt-4-0613"],
    ["chat claude-sonnet-4-20250514", "chat claude-sonnet-4-20250514"],
    ["execute_tool search", "execute_tool search"],
    ["", ""],
  ])("%s is %s", (name, label) => {
    expect(collapseIds(name)).toBe(label);
  });

  it("are cut, and take no time however they look", () => {
    expect(collapseIds("w".repeat(1e5))).toHaveLength(200);
    expect(collapseIds("-0a".repeat(1e5)).length).toBeLessThanOrEqual(200);
  });

  it("are one beyond a service's limit, which other services do not feel", () => {
    let overflows = 0;
    const names = new SpanNames(() => overflows++);
    const word = (i: number) => `w${String.fromCodePoint(97 + (i % 26), 97 + Math.floor(i / 26))}`;
    for (let i = 0; i < 250; i++) expect(names.labelOf("bad", word(i))).toBe(word(i));
    expect(names.labelOf("bad", "one more")).toBe(OVERFLOW);
    expect(names.labelOf("bad", word(0))).toBe(word(0));
    expect(names.labelOf("good", "one more")).toBe("one more");
    expect(overflows).toBe(1);
  });
});
