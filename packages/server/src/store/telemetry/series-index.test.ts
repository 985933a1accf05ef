import { Labels } from "@fleetlight/promql";
import { describe, expect, it } from "vitest";

import { labelKey, type LabelSet } from "#lib";

import { SeriesIndex, seriesId } from "./series-index.ts";

function makeIndex(seed = 7) {
  const labels: Labels[] = [];
  const index = new SeriesIndex((ref) => labels[ref] ?? Labels.empty, seed);
  const add = (tenant: string, set: LabelSet, id?: bigint) => {
    const ref = index.add(tenant, labelKey(set), set, id);
    labels[ref] = Labels.fromObject(set);
    return ref;
  };
  const find = (tenant: string, set: LabelSet) => index.find(tenant, labelKey(set));
  return { index, add, find };
}

const many = Array.from({ length: 5000 }, (_, i) => ({
  __name__: `metric_${i % 50}`,
  instance: `host-${i}`,
}));

describe("SeriesIndex", () => {
  it("finds each of many series, and none that was not added", () => {
    const { index, add, find } = makeIndex();
    const refs = many.map((labels) => add("a", labels));
    expect(refs).toEqual(many.map((_, i) => i));
    expect(many.map((labels) => find("a", labels))).toEqual(refs);
    expect(find("a", { __name__: "metric_1", instance: "host-0" })).toBeUndefined();
    expect(index.size).toBe(5000);
  });

  it("keeps tenants apart", () => {
    const { index, add, find } = makeIndex();
    const labels = { __name__: "up" };
    add("a", labels);
    expect(find("b", labels)).toBeUndefined();
    const ref = add("b", labels);
    expect(find("b", labels)).toBe(ref);
    expect([index.countOf("a"), index.countOf("b"), index.countOf("c")]).toEqual([1, 1, 0]);
    expect(index.tenants()).toEqual(["a", "b"]);
    expect(index.entry(ref).tenant).toBe("b");
  });

  it.each<[string, LabelSet]>([
    ["a name that is a property of every object", JSON.parse('{"__name__":"x","__proto__":"y"}')],
    ["the character that ends names in keys", { __name__: "x", "a\u0001b": "c\u0001d" }],
    ["the character that stands for it", { __name__: "x", a: "b\ufffd" }],
    // U+FF5E comes before U+1F600 by bytes, and behind it by code units.
    ["names that sort differently by bytes", { __name__: "x", "\uff5e": "1", "\u{1f600}": "2" }],
    ["no labels", {}],
  ])("finds a series with %s", (_, labels) => {
    const { index, add, find } = makeIndex();
    add("a", { __name__: "other" });
    const ref = add("a", labels);
    expect(find("a", labels)).toBe(ref);
    expect(labelKey(index.entry(ref).labels)).toBe(labelKey(labels));
    expect(index.idOf(ref)).toBe(seriesId(labels["__name__"] ?? "", labelKey(labels)));
  });

  it("tells series apart whose labels begin alike", () => {
    const { add, find } = makeIndex();
    const sets = [{ a: "1" }, { a: "1", b: "2" }, { a: "12" }, { ab: "1" }];
    const refs = sets.map((set) => add("a", set));
    expect(sets.map((set) => find("a", set))).toEqual(refs);
  });

  it("keeps the id that the tables know, also in the column of a commit", () => {
    const { index, add } = makeIndex();
    const own = add("a", { __name__: "up" });
    const given = add("a", { __name__: "down" }, 0xfedc_ba98_7654_3210n);
    const ids = new BigUint64Array(2);
    index.copyIds(Int32Array.of(given, own), ids);
    expect([...ids]).toEqual([0xfedc_ba98_7654_3210n, index.idOf(own)]);
    expect(index.entry(given).id).toBe(0xfedc_ba98_7654_3210n);
  });

  it("refuses a number that no series has", () => {
    const { index, add } = makeIndex();
    add("a", { __name__: "up" });
    for (const ref of [-1, 1, NaN]) expect(() => index.entry(ref)).toThrow("not known");
  });
});
