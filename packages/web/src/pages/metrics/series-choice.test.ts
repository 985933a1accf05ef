import { describe, expect, test } from "vitest";

import {
  chosenIds,
  DRAWN_AT_FIRST,
  DRAWN_AT_MOST,
  drawnUnit,
  isCounter,
  selectorOfSearch,
  toggled,
} from "./series-choice.ts";

const ids = Array.from({ length: 40 }, (_, index) => `s${index}`);

describe("which series are drawn", () => {
  test("are the first few until somebody chooses", () => {
    expect([...chosenIds({}, ids)]).toEqual(ids.slice(0, DRAWN_AT_FIRST));
  });

  test("are those of the address that exist", () => {
    expect([...chosenIds({ series: "s9,gone,s3" }, ids)]).toEqual(["s9", "s3"]);
    expect(chosenIds({ series: "gone" }, ids).size).toBe(DRAWN_AT_FIRST);
  });

  test("change one by one, and leave the address when they are the first few again", () => {
    const without = toggled({}, ids, "s0");
    expect(without).toBe("s1,s2,s3,s4,s5,s6,s7");
    expect(toggled({ series: without ?? "" }, ids, "s0")).toBeUndefined();
    expect(toggled({ series: "s9" }, ids, "s9")).toBeUndefined();
  });

  test("are never more than one picture can hold", () => {
    const full = ids.slice(0, DRAWN_AT_MOST).join(",");
    expect(toggled({ series: full }, ids, "s39")).toBe(full);
    expect(chosenIds({ series: ids.join(",") }, ids).size).toBe(DRAWN_AT_MOST);
  });
});

test.each([
  [{ metric: "up" }, "up"],
  [{ metric: "up", where: 'job="a"' }, 'up{job="a"}'],
  [{ metric: "up", where: "job=" }, null],
  [{ where: 'job="a"' }, null],
])("the selector of %j is %j", (search, expected) => {
  expect(selectorOfSearch(search)).toBe(expected);
});

test.each([
  ["counter", "anything", true],
  ["gauge", "tasks_total", false],
  ["histogram", "latency_seconds_bucket", true],
  ["histogram", "latency_seconds_sum", true],
  ["summary", "latency_seconds", false],
  ["unknown", "tasks_total", true],
  ["unknown", "queue_depth", false],
] as const)("a %s called %s is a counter: %s", (type, name, expected) => {
  expect(isCounter(type, name)).toBe(expected);
});

test("a rate has the unit of what is counted, per second", () => {
  expect(drawnUnit("rx_bytes_total", "", true)).toBe("bytes_per_second");
  expect(drawnUnit("rx_bytes_total", "", false)).toBe("bytes");
  expect(drawnUnit("latency_seconds_count", "seconds", true)).toBe("per_second");
  expect(drawnUnit("latency_seconds_bucket", "", false)).toBe("none");
});
