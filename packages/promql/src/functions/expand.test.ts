import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";

import { expand, readTemplate } from "./expand.ts";

function replace(pattern: string, template: string, text: string): string | undefined {
  return expand(RE2JS.compile(`^(?s:${pattern})$`), readTemplate(template), text);
}

describe("a template", () => {
  it.each([
    ["(.*)-(.*)", "$2/$1", "a-b", "b/a"],
    ["(.*)", "$0$0", "x", "xx"],
    ["(.*)", "${1}0", "x", "x0"],
    ["(.*)", "$10", "x", ""],
    ["(.*)", "$1x", "y", ""],
    ["(.*)", "$1-x", "y", "y-x"],
    ["(?P<n>.*)", "$n ${n}", "y", "y y"],
    ["(?P<n_1>.*)", "<$n_1>", "y", "<y>"],
    ["(.*)", "$$1", "x", "$1"],
    ["(.*)", "$$$1", "x", "$x"],
    ["(.*)", "a$", "x", "a$"],
    ["(.*)", "$ 1", "x", "$ 1"],
    ["(.*)", "${1", "x", "${1"],
    ["(.*)", "${}", "x", "${}"],
    ["(.*)", "$01", "x", ""],
    ["(.*)", "$2", "x", ""],
    ["(.*)", "$unknown!", "x", "!"],
    ["(a)|(b)", "[$1][$2]", "b", "[][b]"],
    [".*", "", "x", ""],
    ["(.*)", "$1", "zwei\nZeilen", "zwei\nZeilen"],
    ["(ä.)", "$1$1", "äö", "äöäö"],
    ["(.*)", "$é", "x", ""],
  ])("for %j: %j makes of %j %j", (pattern, template, text, result) => {
    expect(replace(pattern, template, text)).toBe(result);
  });

  it("is used only where the whole text matches", () => {
    expect(replace("b", "x", "abc")).toBeUndefined();
    expect(replace("a|b", "x", "ab")).toBeUndefined();
  });
});
