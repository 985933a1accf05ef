import { expect, it } from "vitest";

import { TextMemory } from "./text-memory.ts";

it("masks a text each time it comes, and never takes one for another", () => {
  const memory = new TextMemory(["secrets"]);
  const password = (value: number) => `password=hunter${value}`;
  for (let round = 0; round < 3; round++)
    for (let value = 10_000; value < 16_000; value++) {
      expect(memory.text(password(value))).toBe("password=[secret]");
      expect(memory.text(String(value))).toBe(String(value));
    }
});

it("masks by its own rules", () => {
  const text = "ask bob@example.org";
  expect(new TextMemory(["secrets"]).text(text)).toBe(text);
  expect(new TextMemory(["emails"]).text(text)).toBe("ask [e-mail]");
});

it("knows names of contents, and cuts long ones", () => {
  const memory = new TextMemory([]);
  expect(memory.name("gen_ai.input.messages")).toEqual({
    kept: "gen_ai.input.messages",
    isContent: true,
  });
  expect(memory.name("a".repeat(10_000)).kept.length).toBeLessThan(1000);
});

it("replaces what has no form in UTF-8", () => {
  const memory = new TextMemory([]);
  expect(memory.text("a\uD800b")).toBe("a\uFFFDb");
  expect(memory.text("a\u{1F600}b")).toBe("a\u{1F600}b");
});

it("cuts each text at its own limit, and what it remembers of one is not taken for the other", () => {
  const memory = new TextMemory(["secrets"]);
  const text = "ab".repeat(40);
  expect(
    [memory.text(text, 70), memory.text(text, 75), memory.text(text)].map((one) => one.length),
  ).toEqual([70, 75, 80]);
  expect(memory.text("x".repeat(9000))).toHaveLength(8192);
  expect(memory.longText("password=hunter22 and more", 17)).toBe("password=[secret]");
});
