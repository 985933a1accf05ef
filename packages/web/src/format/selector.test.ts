import { describe, expect, test } from "vitest";

import {
  distinctive,
  formatSelector,
  matches,
  parseMatchers,
  parseSelector,
  selectorOf,
  seriesLabel,
} from "./selector.ts";
import { slug } from "./slug.ts";

describe("writing and reading a selector", () => {
  test.each([
    "up",
    'up{job="api"}',
    '{service="a"}',
    'http_errors{job="api",path=~"/v1/.*",code!="200",zone!~"eu-.*"}',
    String.raw`up{path="C:\\temp\\\"x\""}`,
  ])("%s survives", (text) => {
    expect(formatSelector(parseSelector(text) ?? { name: "", matchers: [] })).toBe(text);
  });

  test.each(["", "{", "up{", "up{job}", 'up{job="a}', "rate(up[5m])", "up > 1", "up{} or down"])(
    "%j is none",
    (text) => {
      expect(parseSelector(text)).toBeNull();
    },
  );

  test("takes blanks, single quotes and a comma at the end", () => {
    expect(parseMatchers(` job = 'a' , code=~"5.." , `)).toEqual([
      { label: "job", op: "=", value: "a" },
      { label: "code", op: "=~", value: "5.." },
    ]);
  });

  test("of one series names all its labels and keeps quotes and lines whole", () => {
    const text = selectorOf({ __name__: "up", job: 'a"b', note: "one\ntwo" });
    expect(text).toBe(String.raw`up{job="a\"b",note="one\ntwo"}`);
    expect(parseSelector(text)?.matchers.map(({ value }) => value)).toEqual(['a"b', "one\ntwo"]);
  });
});

describe("whether a series belongs to a selector", () => {
  const labels = { __name__: "up", job: "api", code: "503" };

  test.each([
    ["up", true],
    ["down", false],
    ['up{job="api"}', true],
    ['{job!="api"}', false],
    ['{code=~"5.."}', true],
    ['{code=~"5"}', false],
    ['{code!~"2.."}', true],
    ['{missing=""}', true],
    ['{code=~"("}', false],
  ])("%s: %s", (text, expected) => {
    const selector = parseSelector(text);
    expect(selector !== null && matches(selector, labels)).toBe(expected);
  });
});

describe("names of series inside a picture", () => {
  const all = [
    { __name__: "m", job: "j", instance: "h:1", service: "a", code: "200" },
    { __name__: "m", job: "j", instance: "h:1", service: "a", code: "500" },
    { __name__: "m", job: "j", instance: "h:2", service: "b", code: "200" },
  ];

  test("leave out what all share and what follows from the rest", () => {
    expect(distinctive(all)).toEqual(["service", "code"]);
    expect(seriesLabel(all[1] ?? {}, ["service", "code"])).toBe("service=a code=500");
  });

  test("are the bare value when one label is enough", () => {
    const two = [
      { service: "a", instance: "1" },
      { service: "b", instance: "2" },
    ];
    expect(distinctive(two)).toEqual(["service"]);
    expect(seriesLabel({ service: "a", instance: "1" }, ["service"])).toBe("a");
    expect(seriesLabel({ instance: "3" }, ["service"])).toBe("no service");
  });

  test("fall back to all labels, then to the metric", () => {
    expect(seriesLabel({ __name__: "m", job: "j" }, [])).toBe("job=j");
    expect(seriesLabel({ __name__: "m" }, [])).toBe("m");
  });
});

test.each([
  ["Latency over 1 s", "latency-over-1-s"],
  ["  Ärger & Fehler!", "a-rger-fehler"],
  ["---", ""],
])("the id of %j is %j", (name, id) => {
  expect(slug(name)).toBe(id);
});
