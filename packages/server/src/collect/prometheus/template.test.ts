import { describe, expect, it } from "vitest";

import { Template } from "./template.ts";

const groups = { group: (name: string) => ({ "0": "all", "1": "one", name: "N" })[name] ?? "" };

describe("Template", () => {
  it.each([
    ["plain", "plain"],
    ["$1", "one"],
    ["a${1}b", "aoneb"],
    ["$0-$1", "all-one"],
    ["$1x", ""],
    ["${1}x", "onex"],
    ["$name.$9", "N."],
    ["${name}", "N"],
    ["$$1", "$1"],
    ["$", "$"],
    ["a$", "a$"],
    ["${", "${"],
    ["${}", "${}"],
    ["${1", "${1"],
    ["$-1", "$-1"],
    ["", ""],
  ])("expands %j to %j", (template, expected) => {
    expect(new Template(template).expand(groups)).toBe(expected);
  });
});
