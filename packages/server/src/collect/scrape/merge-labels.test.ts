import { describe, expect, it } from "vitest";

import { exceededLimit, mergeLabels } from "./merge-labels.ts";

const TARGET = { job: "agents", instance: "host:1", zone: "" };

describe("mergeLabels", () => {
  it.each([
    [
      "adds the target's labels",
      { __name__: "a" },
      false,
      { __name__: "a", job: "agents", instance: "host:1" },
    ],
    [
      "renames what clashes",
      { __name__: "a", job: "x" },
      false,
      { __name__: "a", job: "agents", instance: "host:1", exported_job: "x" },
    ],
    [
      "renames again while the new name is taken",
      { __name__: "a", job: "x", exported_job: "y" },
      false,
      {
        __name__: "a",
        job: "agents",
        instance: "host:1",
        exported_job: "y",
        exported_exported_job: "x",
      },
    ],
    [
      "lets the page win when told so",
      { __name__: "a", job: "x" },
      true,
      { __name__: "a", job: "x", instance: "host:1" },
    ],
    [
      "lets an empty label of the page remove the target's",
      { __name__: "a", instance: "" },
      true,
      { __name__: "a", job: "agents" },
    ],
    [
      "takes an empty label of the page as absent otherwise",
      { __name__: "a", instance: "", x: "" },
      false,
      { __name__: "a", job: "agents", instance: "host:1" },
    ],
    [
      "replaces the separator of the store's keys",
      { __name__: "a", x: "1\u0001job\u0001evil" },
      false,
      { __name__: "a", x: "1\u{fffd}job\u{fffd}evil", job: "agents", instance: "host:1" },
    ],
  ])("%s", (_, series, honorLabels, expected) => {
    expect(Object.fromEntries(mergeLabels(series, TARGET, honorLabels))).toEqual(expected);
  });

  it("keeps a label named like the prototype", () => {
    const series = Object.fromEntries([
      ["__name__", "a"],
      ["__proto__", "x"],
    ]);
    expect(mergeLabels(series, TARGET, false).get("__proto__")).toBe("x");
  });
});

describe("exceededLimit", () => {
  const limits = {
    prefix: "scrape.",
    label_limit: 3,
    label_name_length_limit: 10,
    label_value_length_limit: 6,
  };
  const check = (labels: Record<string, string>): string | undefined =>
    exceededLimit(new Map(Object.entries(labels)), limits);

  it("lets pass what just fits, counted in bytes of UTF-8", () => {
    expect(check({ __name__: "metric", ten_bytes_: "äöü", x: "1" })).toBeUndefined();
  });

  it.each([
    [{ __name__: "m", a: "1", b: "2", c: "3" }, "scrape.label_limit is 3"],
    [{ __name__: "m", eleven_byte: "1" }, "scrape.label_name_length_limit, 10 bytes"],
    [{ __name__: "m", a: "äöüx" }, "scrape.label_value_length_limit, 6 bytes"],
  ])("names the limit that %j exceeds", (labels, text) => {
    expect(check(labels)).toContain(text);
    expect(check(labels)).toContain('"m"');
  });
});
