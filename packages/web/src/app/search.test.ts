import { describe, expect, test } from "vitest";

import { paths, socketUrl } from "../api/paths.ts";
import { find, score } from "./find.ts";
import type { Hit } from "./find.ts";
import {
  parseRuleSearch,
  parseServicesSearch,
  parseTimeSearch,
  RANGES,
  rangeMs,
} from "./search.ts";

describe("the address as state", () => {
  test("of the services keeps what it knows and drops the rest", () => {
    const raw = {
      q: "api",
      state: "unhealthy",
      type: 7,
      sort: "latency",
      register: true,
      evil: "x",
    };
    expect(parseServicesSearch(raw)).toEqual({
      q: "api",
      state: "unhealthy",
      type: "7",
      sort: "latency",
      register: true,
    });
    expect(parseServicesSearch({ q: "", state: "broken", sort: "?", register: "yes" })).toEqual({});
  });

  test("of a time takes a range, or both ends in order", () => {
    expect(parseTimeSearch({ range: "1h", live: false })).toEqual({ range: "1h", live: false });
    expect(parseTimeSearch({ from: 1000, to: 2000 })).toEqual({ from: 1000, to: 2000 });
    expect(parseTimeSearch({ from: 2000, to: 1000 })).toEqual({});
    expect(parseTimeSearch({ from: 1000 })).toEqual({});
    expect(parseTimeSearch({ from: -1, to: 5, range: "2y", live: true })).toEqual({});
  });

  test("of a new rule may name a metric", () => {
    expect(parseRuleSearch({ metric: "up" })).toEqual({ metric: "up" });
    expect(parseRuleSearch({})).toEqual({});
  });

  test("ranges grow", () => {
    const lengths = RANGES.map(rangeMs);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(rangeMs("15m")).toBe(900_000);
  });
});

describe("addresses of the API", () => {
  test("carry ids and selectors whole", () => {
    expect(paths.service("a/b c")).toBe("/api/v1/services/a%2Fb%20c");
    const url = new URL(paths.range('up{job="a&b"}', 1500, 2500, 10), "http://x");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      match: 'up{job="a&b"}',
      start: "1.5",
      end: "2.5",
      max_points: "10",
    });
    expect(paths.metricNames("", 5)).toBe("/api/v1/metrics/names?limit=5");
  });

  test("of the live connection follow the page and carry the token", () => {
    expect(socketUrl({ protocol: "http:", host: "h:1" }, null)).toBe("ws://h:1/ws");
    expect(socketUrl({ protocol: "https:", host: "h" }, "a b")).toBe("wss://h/ws?access_token=a+b");
  });
});

describe("the search", () => {
  const hit = (kind: Hit["kind"], title: string, hint = ""): Hit => ({
    key: title,
    kind,
    title,
    hint,
    href: "/",
  });

  test("prefers beginnings of the text, then of a word, then middles", () => {
    const points = ["memory", "node_memory_free", "inmemory"].map((text) => score("mem", text));
    expect(points).toEqual(points.toSorted((a, b) => b - a));
    expect(new Set(points).size).toBe(3);
    expect(score("xyz", "memory")).toBe(0);
  });

  test("finds words in any order, and by the hint", () => {
    const all = [
      hit("Metric", "node_cpu_seconds_total"),
      hit("Service", "Memory", "svc-7 · Unhealthy"),
    ];
    expect(find("cpu node", all).map(({ title }) => title)).toEqual(["node_cpu_seconds_total"]);
    expect(find("svc-7", all).map(({ title }) => title)).toEqual(["Memory"]);
  });

  test("shows no more of one kind than leaves room for the others", () => {
    const many = Array.from({ length: 30 }, (_, index) => hit("Metric", `m${index}`));
    const found = find("m", [...many, hit("Page", "Metrics")]);
    expect(found.filter(({ kind }) => kind === "Metric")).toHaveLength(6);
    expect(found.some(({ title }) => title === "Metrics")).toBe(true);
  });
});
