import { describe, expect, test } from "vitest";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { MAX_QUERIES, parseExploreSearch } from "../../app/explore-search.ts";
import {
  addQuery,
  formatLegend,
  insertQuery,
  isolated,
  moveQuery,
  onlyOf,
  queriesOf,
  removeQuery,
  rename,
  setExpression,
  setHidden,
  setLegend,
  timesOf,
  toggledSeries,
  withoutView,
  withTime,
} from "./explore-state.ts";

/** What a reload makes of an address. */
const reloaded = (search: ExploreSearch): ExploreSearch =>
  parseExploreSearch(JSON.parse(JSON.stringify(search)) as Record<string, unknown>);

const named = (search: ExploreSearch) =>
  queriesOf(search).map(({ name, expression }) => `${name}:${expression}`);

describe("expressions in the address", () => {
  test("an address without any has one, which is empty", () => {
    expect(named({})).toEqual(["A:"]);
  });

  test("one expression is its bare text; several survive a reload", () => {
    const one = setExpression(0, "up")({});
    expect(one).toEqual({ e: "up" });
    const three = addQuery("c")(addQuery("b")(one));
    expect(three).toEqual({ e: ["up", "b", "c"] });
    expect(named(reloaded(three))).toEqual(["A:up", "B:b", "C:c"]);
  });

  test("names, formats and hiding survive a reload", () => {
    const search = setHidden(0, true)(setLegend(0, " {{job}} ")(rename(0, "errors")({ e: "up" })));
    expect(reloaded(search)).toEqual({ e: [{ x: "up", n: "errors", f: "{{job}}", h: 1 }] });
    expect(queriesOf(reloaded(search))[0]).toMatchObject({ legend: "{{job}}", hidden: true });
  });

  test("a query keeps its name and colour when others go or move", () => {
    const search = { e: ["a", "b", "c"] };
    const hues = new Map(queriesOf(search).map(({ name, hue }) => [name, hue]));
    for (const after of [
      removeQuery(0)(search),
      moveQuery(2, -1)(search),
      moveQuery(0, 1)(search),
    ]) {
      for (const { name, expression, hue } of queriesOf(reloaded(after))) {
        expect(name).toBe(expression.toUpperCase());
        expect(hue).toBe(hues.get(name));
      }
    }
    expect(named(moveQuery(2, 1)(search))).toEqual(named(search));
  });

  test("a new query takes the first free letter", () => {
    expect(named(addQuery("new")(removeQuery(0)({ e: ["a", "b"] })))).toEqual(["B:b", "A:new"]);
  });

  test("names stay unique", () => {
    expect(rename(0, "B")({ e: ["a", "b"] })).toEqual({ e: ["a", "b"] });
    expect(named({ e: [{ x: "a", n: "B" }, "b"] })).toEqual(["B:a", "A:b"]);
  });

  test("there is a limit to their number", () => {
    let search: ExploreSearch = {};
    for (let index = 0; index < 20; index += 1) search = addQuery("up")(search);
    expect(queriesOf(search)).toHaveLength(MAX_QUERIES);
  });

  test("an inserted expression fills an empty query first", () => {
    expect(insertQuery("up")({})).toEqual({ e: "up" });
    expect(insertQuery("up")({ e: ["a", ""] })).toEqual({ e: ["a", "up"] });
    expect(insertQuery("up")({ e: "a" })).toEqual({ e: ["a", "up"] });
  });

  test("a choice of series does not outlive its expression", () => {
    expect(setExpression(0, "up")({ e: "a", o: "0f" })).toEqual({ e: "up" });
  });
});

describe("what somebody wrote into the address", () => {
  test.each([
    [{ metric: "queue_depth" }, "queue_depth"],
    [{ metric: "requests_total", where: 'job="a"' }, 'rate(requests_total{job="a"}[5m])'],
    [{ metric: "requests_total", view: "raw" }, "requests_total"],
    [{ metric: "up", where: "nonsense" }, "up"],
    [{ metric: "up", e: "down" }, "down"],
    [{ e: 1 }, "1"],
    [{ e: ["a", "b"] }, ["a", "b"]],
    [{ e: [{ x: "a" }] }, "a"],
    [{ e: [{ x: "a", f: 5, h: 1, evil: "x" }] }, [{ x: "a", f: "5", h: 1 }]],
    [{ e: [] }, undefined],
    [{ e: [null] }, undefined],
  ])("%j asks for %j", (raw, expected) => {
    expect(parseExploreSearch(raw).e).toEqual(expected);
  });

  test.each([
    { range: "99y" },
    { from: 5, to: 4 },
    { from: "x", to: 10 },
    { v: "constructor" },
    { step: 0.5 },
    { step: 1e9 },
    { th: "NaN" },
    { log: "yes" },
    { live: true },
    { metric: "" },
  ])("%j is left out", (raw) => {
    expect(parseExploreSearch(raw)).toEqual({});
  });

  test("an expression has a greatest length", () => {
    expect(parseExploreSearch({ e: "x".repeat(100_000) }).e).toHaveLength(8192);
  });
});

describe("times to ask for", () => {
  const now = 1_700_000_003_217;

  test("are on whole steps and end at the latest one", () => {
    const { startMs, endMs, stepMs } = timesOf({ range: "1h" }, now);
    expect(stepMs).toBe(10_000);
    expect([startMs % stepMs, endMs % stepMs]).toEqual([0, 0]);
    expect(now - endMs).toBeLessThan(stepMs);
  });

  test("are those of the address when it fixes them", () => {
    expect(timesOf({ from: 100_500, to: 200_500, step: 1 }, now)).toEqual({
      startMs: 101_000,
      endMs: 200_000,
      stepMs: 1000,
    });
  });

  test("never end before they begin", () => {
    const { startMs, endMs } = timesOf({ from: 100_500, to: 100_900, step: 1 }, now);
    expect(endMs).toBeGreaterThanOrEqual(startMs);
  });

  test("a dragged stretch remembers the range that a double click returns to", () => {
    const dragged = withTime({ e: "up", range: "6h" }, { from: 1, to: 2 });
    expect(dragged).toEqual({ e: "up", range: "6h", from: 1, to: 2 });
    expect(withoutView(dragged)).toEqual({ e: "up", range: "6h" });
    expect(withTime({ live: false, range: "1h" }, { range: "6h" })).toEqual({ range: "6h" });
  });
});

test.each([
  ["{{job}} on {{ instance }}", "api on a:1"],
  ["{{gone}}!", "!"],
  ["plain", "plain"],
  ["", null],
])("a legend by %j reads %j", (format, expected) => {
  expect(formatLegend(format, { job: "api", instance: "a:1" })).toBe(expected);
});

describe("a choice of series", () => {
  const all = ["a", "b", "c"];

  test("one click leaves one, the next brings all back", () => {
    expect(isolated({}, "b")).toEqual({ o: "b" });
    expect(isolated({ o: "b" }, "b")).toEqual({});
    expect(isolated({ o: "b" }, "c")).toEqual({ o: "c" });
  });

  test("single ones are taken out and put back", () => {
    const without = toggledSeries({}, "b", all);
    expect(onlyOf(without)).toEqual(new Set(["a", "c"]));
    expect(toggledSeries(without, "b", all)).toEqual({});
    expect(toggledSeries({ o: "a" }, "a", all)).toEqual({});
    expect(onlyOf({})).toBeNull();
  });
});
