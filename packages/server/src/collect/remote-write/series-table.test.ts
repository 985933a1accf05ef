import { describe, expect, it } from "vitest";

import { RotatingSeriesTable, SeriesTable } from "./series-table.ts";

const viewOf = (text: string) => {
  const bytes = Buffer.from(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
};
const key = (i: number): string => `instance=host-${i},job=${"x".repeat(i % 40)}`;
const names = Array.from({ length: 5000 }, (_, i) => key(i));

describe("a table", () => {
  it("finds every series again, also after it has grown, and no other", () => {
    const table = new SeriesTable(3);
    for (const [ref, name] of names.entries()) table.add(viewOf(name), 0, name.length, ref);
    for (const [ref, name] of names.entries())
      expect(table.find(viewOf(name), 0, name.length)).toBe(ref);
    expect(table.size).toBe(names.length);
    for (const name of [key(5001), "", `${key(1)}x`, key(1).slice(0, -1)])
      expect(table.find(viewOf(name), 0, name.length)).toBe(-1);
  });

  it("finds a series wherever it lies", () => {
    const table = new SeriesTable(3);
    table.add(viewOf("..one.two"), 2, 5, 7);
    for (const before of ["", "x", "xx", "xxx", "xxxx"])
      expect(table.find(viewOf(`${before}one`), before.length, before.length + 3)).toBe(7);
  });

  it("expects what followed last time", () => {
    const table = new SeriesTable(3);
    const page = names.slice(0, 100).join("");
    const add = () => {
      let at = 0;
      for (const [ref, name] of names.slice(0, 100).entries()) {
        table.add(viewOf(page), at, at + name.length, ref);
        at += name.length;
      }
    };
    add();
    table.begin();
    const [first = ""] = names;
    expect(table.successorEnd(viewOf(page), 0, page.length)).toBe(-1);
    expect(table.find(viewOf(page), 0, first.length)).toBe(0);
    let at = first.length;
    for (const [i, name] of names.slice(1, 100).entries()) {
      expect(table.successorEnd(viewOf(page), at, page.length)).toBe(at + name.length);
      expect(table.successor()).toBe(i + 1);
      at += name.length;
    }
  });

  it("does not take a prefix of the bytes that are left for the expected series", () => {
    const table = new SeriesTable(3);
    table.add(viewOf("first"), 0, 5, 0);
    table.add(viewOf("abcdefghijklmnopqrst"), 0, 20, 1);
    table.find(viewOf("first"), 0, 5);
    expect(table.successorEnd(viewOf("abcdefghijklmnopqrs"), 0, 19)).toBe(-1);
    expect(table.successorEnd(viewOf("abcdefghijklmnopqrsT"), 0, 20)).toBe(-1);
    expect(table.successorEnd(viewOf("Abcdefghijklmnopqrst"), 0, 20)).toBe(-1);
    expect(table.successorEnd(viewOf("abcdefghijklmnopqrst!"), 0, 21)).toBe(20);
  });
});

it("forgets what nobody asked for, and keeps within its memory", () => {
  const maxBytes = 1 << 20;
  const table = new RotatingSeriesTable(1, maxBytes);
  const kept = "the series that is always asked for";
  table.add(viewOf(kept), 0, kept.length, 0);
  const seen = new Set<number>();
  for (let i = 1; i <= 50_000; i++) {
    const name = key(i);
    table.add(viewOf(name), 0, name.length, i);
    if (i % 100 === 0) seen.add(table.find(viewOf(kept), 0, kept.length));
  }
  expect([...seen]).toEqual([0]);
  expect(table.rotations).toBeGreaterThan(1);
  expect(table.bytes).toBeLessThan(maxBytes * 2);
  expect(table.size).toBeLessThan(50_000);
  expect(table.find(viewOf(key(1)), 0, key(1).length)).toBe(-1);
  expect(table.find(viewOf(key(50_000)), 0, key(50_000).length)).toBe(50_000);
});
