import { describe, expect, it } from "vitest";

import { completeLogs, logsAsked, typedAttribute, withCondition } from "./log-filter.ts";

const names = {
  services: ["desk", "my shop"],
  agents: ["lead"],
  events: [],
  attributes: ["http.method", "user"],
};

describe("what the box says", () => {
  it.each([
    ["", {}, []],
    ["timeout", { q: "timeout" }, []],
    [
      'service:desk "connection refused" -heartbeat',
      { service: "desk", q: '"connection refused" -heartbeat' },
      [],
    ],
    ['service:"my shop" agent:lead', { service: "my shop", agent: "lead" }, []],
    ["user=7 http.method=GET", {}, ["user=7", "http.method=GET"]],
    ['user="a b"', {}, ["user=a b"]],
    ["trace:0af7 span:b7", { trace_id: "0af7", span_id: "b7" }, []],
    ["service:a service:b", { service: "b" }, []],
    ["service: user= =x http://a", { q: "service: user= =x http://a" }, []],
    ["constructor:x", { q: "constructor:x" }, []],
  ])("%j", (text, query, attributes) => {
    expect(logsAsked(text)).toEqual({ query, attributes });
  });
});

describe("a condition from a line", () => {
  it.each([
    ["", "service", "desk", "service:desk"],
    ["a service:shop b", "service", "desk", "a b service:desk"],
    ["user=7", "user", "8 9", 'user="8 9"'],
    ["x", "zone", "a", "x zone=a"],
  ])("%j with %s %s", (text, name, value, expected) => {
    expect(withCondition(text, name, value)).toBe(expected);
  });
});

describe("completion", () => {
  const offers = (text: string) => completeLogs(text, text.length, names).map((one) => one.text);
  it("offers fields and attributes, then values", () => {
    expect(offers("ser")).toEqual(["service:"]);
    expect(offers("x http")).toEqual(["http.method="]);
    expect(offers("service:")).toEqual(["service:desk", 'service:"my shop"']);
    expect(offers("service:SHOP")).toEqual(['service:"my shop"']);
    expect(offers("event:x")).toEqual([]);
  });

  it.each([
    ["zone=", "zone"],
    ["a http.method=G", "http.method"],
    ["zone", ""],
    ["zone=a b", ""],
    ['"x=', ""],
    ["-x=y", ""],
  ])("of %j the attribute %j is typed", (text, attribute) => {
    expect(typedAttribute(text)).toBe(attribute);
  });

  it("offers values of the attribute that is typed", () => {
    const found = completeLogs("x zone=e", 8, names, ["east", "west coast", "north"]);
    expect(found.map(({ text, from }) => [text, from])).toEqual([
      ["zone=east", 2],
      ['zone="west coast"', 2],
    ]);
  });

  it("replaces the word at the caret", () => {
    expect(completeLogs("a ser b", 5, names)).toEqual([
      { text: "service:", hint: "field", from: 2, to: 5 },
    ]);
  });
});
