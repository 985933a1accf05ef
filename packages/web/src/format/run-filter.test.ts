import { describe, expect, test } from "vitest";

import { askedOf, asksFor, completeRuns, narrowed, toggled } from "./run-filter.ts";

describe("the filter of the runs", () => {
  test.each([
    [undefined, {}, []],
    ["agent:lead", { agent: "lead" }, []],
    ['agent:"the lead" tool:look', { agent: "the lead", tool: "look" }, []],
    ["duration>2s duration<5m", { min_run_seconds: "2", max_run_seconds: "300" }, []],
    ["duration>=1.5 cost>$0.25", { min_run_seconds: "1.5", min_cost_usd: "0.25" }, []],
    ["duration>500ms", { min_run_seconds: "0.5" }, []],
    ["http.method=GET env!=dev host=~web-.*", {}, ["http.method=GET", "env!=dev", "host=~web-.*"]],
    ['note="two words"', {}, ["note=two words"]],
    ['refund "all of it"', { text: 'refund "all of it"' }, []],
    ["http://x", { text: "http://x" }, []],
    ["agent: ", {}, []],
    ['agent:"open', { agent: "open" }, []],
  ])("%s", (text, query, attributes) => {
    expect(askedOf(text)).toEqual({ query, attributes, problem: null });
  });

  test("says what does not count", () => {
    expect(askedOf("duration>5parsecs").problem).toContain("parsecs");
    expect(askedOf("cost>5s").problem).toContain("unit s");
    expect(askedOf("tokens<5").problem).toContain("only more");
    expect(askedOf("state:odd").problem).toContain("running, stale");
    expect(askedOf("agent:a agent:b").problem).toContain("only one");
  });

  test("a facet's value is put in, replaces another, and is taken out", () => {
    const one = toggled("tool:look", "agent", "the lead");
    expect(one).toBe('tool:look agent:"the lead"');
    expect(asksFor(one, "agent", "the lead")).toBe(true);
    expect(toggled(one, "agent", "other")).toBe("tool:look agent:other");
    expect(toggled(one, "agent", "the lead")).toBe("tool:look");
    expect(askedOf(narrowed("", "host", 'a "b"')).attributes).toEqual(['host=a "b"']);
  });
});

describe("completion", () => {
  const values = new Map([
    [
      "agent",
      [
        { value: "lead", traces: 3 },
        { value: "the helper", traces: 1 },
      ],
    ],
    ["tool", [{ value: "look", traces: 2 }]],
  ]);
  const offers = (text: string) => completeRuns(text, text.length, values).map(({ text }) => text);

  test.each([
    ["ag", ["agent:"]],
    ["agent:", ["agent:lead ", 'agent:"the helper" ']],
    ["tool:look agent:hel", ['agent:"the helper" ']],
    ["loo", ["tool:look "]],
    ["dur", ["duration>10s"]],
    ["nothing:", []],
    ["state:st", ["state:stale "]],
  ])("of %s", (text, expected) => {
    expect(offers(text)).toEqual(expected);
  });

  test("replaces what was typed of it, and nothing else", () => {
    const [first] = completeRuns("tool:look agent:le", 18, values);
    expect(first).toMatchObject({ from: 10, to: 18 });
  });
});
