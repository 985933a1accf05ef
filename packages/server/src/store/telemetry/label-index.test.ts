import { describe, expect, it } from "vitest";

import { parseSelector, type LabelSet } from "#lib";

import { LabelIndex } from "./label-index.ts";
import { finish, finishInTurns } from "./series-search.ts";

const fleet: LabelSet[] = [];
for (const job of ["api", "api-2", "web"])
  for (let instance = 0; instance < 40; instance++)
    for (const metric of ["up", "requests_total", "errors_total"])
      fleet.push({
        __name__: metric,
        job,
        instance: `host-${instance}`,
        ...(instance % 4 === 0 ? { zone: `z${instance % 3}` } : {}),
      });

const index = new LabelIndex();
for (const [ref, labels] of fleet.entries()) index.add("t", ref, labels);
index.add("other", fleet.length, { __name__: "up", job: "api" });

const select = (text: string) => index.select("t", parseSelector(text).matchers);

describe("label index", () => {
  it.each([
    "up",
    "unknown",
    'up{job="api"}',
    'up{job="unknown"}',
    'up{job!="api"}',
    '{job="web"}',
    '{job=~"api|web"}',
    '{job=~"web|api|unknown",instance="host-3"}',
    '{instance=~"host-1.*",job=~"api.*"}',
    '{__name__=~".*_total"}',
    '{__name__=~".*_total",zone!=""}',
    'up{zone=""}',
    'up{zone=~"|z1"}',
    'up{zone!~"z.*"}',
    '{__name__!="up",instance="host-4"}',
    'up{missing=""}',
    'up{missing!=""}',
    '{zone=~".+",job!~"web|api"}',
    '{job=~"a.i",zone=~"z[01]"}',
    '{instance="host-1",job="web",__name__="up"}',
  ])("answers %s as a look at every series would", (text) => {
    const { matches } = parseSelector(text);
    const expected = fleet.flatMap((labels, ref) => (matches(labels) ? ref : []));
    expect(select(text)).toEqual(expected);
  });

  it("answers all series without matchers, some up to a limit, and only those that may stay", () => {
    expect(index.select("t", [])).toHaveLength(fleet.length);
    expect(index.select("t", [], { limit: 5 })).toEqual([0, 1, 2, 3, 4]);
    const limits = { limit: 2, keep: (ref: number) => ref > 100 };
    expect(index.select("t", parseSelector("up").matchers, limits)).toEqual(
      select("up")
        .filter((ref) => ref > 100)
        .slice(0, 2),
    );
    expect(index.select("nobody", [])).toEqual([]);
  });

  it("tries a regular expression once per value, however many series have it", () => {
    let tried = 0;
    const matcher = {
      name: "job",
      operator: "=~" as const,
      value: "a.*",
      test: (value: string) => (tried++, value.startsWith("a")),
    };
    expect(index.select("t", [matcher])).toHaveLength(240);
    expect(tried).toBeLessThanOrEqual(3 + 1);
  });

  it("gives each series one object whose strings and names are shared", () => {
    const [first, second] = [index.labelsOf(0), index.labelsOf(3)];
    expect(first.toObject()).toEqual(fleet[0]);
    expect(index.labelsOf(0)).toBe(first);
    expect(first.names).toEqual(["__name__", "instance", "job", "zone"]);
    expect(index.labelsOf(12).names).toBe(first.names);
    expect(second.names).not.toBe(first.names);
  });

  it("knows names and values, of all series or of some, by bytes", () => {
    expect(index.labelNames("t")).toEqual(["__name__", "instance", "job", "zone"]);
    expect(index.labelNames("t", [3])).toEqual(["__name__", "instance", "job"]);
    expect(index.labelNames("nobody")).toEqual([]);
    expect(index.labelValues("t", "job")).toEqual(["api", "api-2", "web"]);
    expect(index.labelValues("t", "zone", select('{instance="host-4"}'))).toEqual(["z1"]);
    expect(index.labelValues("t", "missing")).toEqual([]);
  });

  it("knows names and values of those series that may stay", () => {
    const among = (refs: readonly number[]) => (ref: number) => refs.includes(ref);
    const values = (name: string, refs: readonly number[]) =>
      finish(index.keptValues("t", name, among(refs)));
    const names = (refs: readonly number[]) => finish(index.keptNames("t", among(refs)));
    expect(values("job", [0, 130, 359])).toEqual(["api", "api-2", "web"]);
    expect(values("job", [119, 240])).toEqual(["api", "web"]);
    expect(values("zone", select('{instance="host-4"}'))).toEqual(["z1"]);
    expect(values("zone", [3])).toEqual([]);
    expect(values("missing", [0])).toEqual([]);
    expect(names([3]).toSorted()).toEqual(["__name__", "instance", "job"]);
    expect(names([3, 0]).toSorted()).toEqual(["__name__", "instance", "job", "zone"]);
    expect(names([])).toEqual([]);
    expect(finish(index.keptNames("nobody", () => true))).toEqual([]);
  });

  it("puts values of a label that had a further one meanwhile into their order", () => {
    const growing = new LabelIndex();
    const values = () => finish(growing.keptValues("t", "zone", () => true));
    for (const [ref, zone] of ["b", "c", "b", "a"].entries()) {
      growing.add("t", ref, { __name__: "up", zone });
      expect(values()).toEqual([...new Set(["b", "c", "b", "a"].slice(0, ref + 1))].toSorted());
    }
  });

  it("counts where series come from", () => {
    const found = index.cardinality("t", 2);
    expect(found.series).toBe(fleet.length);
    expect(found.labelPairs).toBe(3 + 3 + 40 + 3);
    expect(found.seriesByMetric).toEqual([
      { name: "up", count: 120 },
      { name: "requests_total", count: 120 },
    ]);
    expect(found.valuesByLabel[0]).toEqual({ name: "instance", count: 40 });
    expect(found.seriesByPair[0]?.count).toBe(120);
    expect(found.bytesByLabel.map(({ name }) => name)).toEqual(["__name__", "instance"]);
    expect(index.cardinality("nobody", 5).series).toBe(0);
  });

  it("keeps the order of series of a value with very many", () => {
    const large = new LabelIndex();
    for (let ref = 0; ref < 5000; ref++)
      large.add("t", ref, { __name__: "m", half: ref % 2 === 0 ? "even" : "odd" });
    const even = large.select("t", parseSelector('m{half="even"}').matchers);
    expect(even).toEqual(Array.from({ length: 2500 }, (_, i) => i * 2));
    expect(large.select("t", parseSelector('{half=~"odd|even"}').matchers)).toHaveLength(5000);
  });

  it.each([
    ['{__name__="m",id!~".*7.*"}', 26_244],
    ['{id=~".*7.*"}', 13_756],
    ['{__name__="m",id=~".*7.*",id!~".*8.*"}', 9_860],
  ])("searches %s in many short steps", (text, found) => {
    const steps = many().search("t", parseSelector(text).matchers, {});
    let count = 0;
    let next = steps.next();
    for (; next.done !== true; next = steps.next()) count++;
    expect(next.value).toHaveLength(found);
    expect(count).toBeGreaterThan(40);
  });

  it("gives way while it searches, sees what is added meanwhile or not, and ends when told to", async () => {
    const index = many();
    const { matchers } = parseSelector('{id=~".*7.*"}');
    const slow = matchers.map((matcher) => ({ ...matcher, test: slowly(matcher.test) }));
    let turns = 0;
    const counter = setInterval(() => turns++, 1);
    const search = finishInTurns(index.search("t", slow, {}), undefined);
    index.add("t", 40_000, { __name__: "m", id: "77" });
    const found = await search;
    clearInterval(counter);
    expect(turns).toBeGreaterThan(3);
    expect(found.length === 13_756 || found.length === 13_757).toBe(true);

    const controller = new AbortController();
    const aborted = finishInTurns(index.search("t", slow, {}), controller.signal);
    controller.abort();
    expect(await aborted).toEqual([]);
  });
});

/** 40,000 series with as many values of one label. */
function many(): LabelIndex {
  const index = new LabelIndex();
  for (let ref = 0; ref < 40_000; ref++) index.add("t", ref, { __name__: "m", id: String(ref) });
  return index;
}

/** About 5 us per value: as long as a regular expression takes. */
const slowly = (test: (value: string) => boolean) => (value: string) => {
  for (const until = performance.now() + 0.005; performance.now() < until;);
  return test(value);
};
