import { describe, expect, test } from "vitest";

import {
  parseAgentSearch,
  parseAgentsSearch,
  parseConversationsSearch,
} from "../../app/agent-search.ts";
import { agentHue, HUES } from "../../charts/colours.ts";
import { changeOf, hoursWord, money, perHour, quality, share } from "./words.ts";

describe("figures in words", () => {
  test.each([
    [perHour(0), "0"],
    [perHour(2.345), "2.3"],
    [perHour(99.96), "100"],
    [perHour(12_345.6), "12,346"],
    [share(null), "–"],
    [share(0.666), "67%"],
    [quality(0.9), "0.90"],
    [quality(null), "–"],
    [money(null), "–"],
    [money(0), "$0"],
    [money(0.004), "< $0.01"],
    [money(1.005), "$1.00"],
    [hoursWord(6), "6 h"],
    [hoursWord(168), "7 d"],
  ])("%s is %s", (found, expected) => {
    expect(found).toBe(expected);
  });

  test.each([
    [2, 1, true, { words: "100% more", isBetter: true }],
    [2, 1, false, { words: "100% more", isBetter: false }],
    [1, 2, true, { words: "50% less", isBetter: false }],
    [1, 2, undefined, { words: "50% less", isBetter: undefined }],
    [100, 100.5, true, { words: "as before", isBetter: undefined }],
    [100, 1, true, { words: "100 times as much", isBetter: true }],
  ])("%d after %d is told (more is better: %s)", (now, before, rising, expected) => {
    expect(changeOf(now, before, rising)).toEqual(expected);
  });

  test("are compared with nothing where there was nothing", () => {
    expect(changeOf(1, null, true)).toBeUndefined();
    expect(changeOf(null, 1, true)).toBeUndefined();
    expect(changeOf(1, 0, true)).toBeUndefined();
  });
});

describe("the hue of an agent", () => {
  test("is one of those of the charts, and always the same", () => {
    const names = Array.from({ length: 100 }, (_, index) => `agent-${index}`);
    const hues = names.map(agentHue);
    expect(new Set(hues).size).toBe(HUES);
    expect(Math.min(...hues)).toBe(1);
    expect(names.map(agentHue)).toEqual(hues);
  });
});

describe("addresses of the pages of agents", () => {
  test("carry what is known, and nothing else", () => {
    const raw = { q: "w", status: "failing", sort: "cost", hours: 24, more: 1 };
    expect(parseAgentsSearch(raw)).toEqual({ q: "w", status: "failing", sort: "cost", hours: 24 });
    expect(parseAgentsSearch({ status: "constructor", sort: 7, hours: 5 })).toEqual({});
    expect(parseAgentSearch({ hours: 168 })).toEqual({ hours: 168 });
    expect(parseConversationsSearch({ agent: 7, q: "" })).toEqual({ agent: "7" });
  });
});
