import { setImmediate as nextTurn } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import {
  ANY,
  expandNow,
  expandText,
  failFunction,
  FLOAT,
  GoMap,
  GoSlice,
  GoStruct,
  STRING,
  strings,
  TEMPLATE_LIMITS,
  TemplateCall,
  TemplateError,
  TemplateParser,
  TemplateSet,
  textFunction,
  type GoFunction,
  type Value,
} from "./index.ts";

const data = new GoStruct(
  "test.Data",
  new Map<string, Value>([
    ["Name", "web"],
    ["Count", 3n],
    ["Ratio", 0.5],
    ["Labels", GoMap.ofStrings({ b: "2", a: "1" })],
    ["Any", new GoMap(new Map<string, Value>([["list", strings(["x", "y"])]]))],
    ["List", strings(["x", "y", "z"])],
  ]),
  new Map<string, GoFunction>([
    ["Upper", { parameters: [], call: () => "WEB" }],
    ["With", textFunction(1, (suffix = "") => `web${suffix}`)],
  ]),
);

const functions = new Map<string, GoFunction>([
  [
    "later",
    { parameters: [STRING], call: async ([text]) => (await nextTurn(), `later ${String(text)}`) },
  ],
  ["half", { parameters: [FLOAT], call: ([value]) => Number(value) / 2 }],
  ["fails", { parameters: [], call: () => failFunction("it does") }],
  ["failsLater", { parameters: [], call: async () => (await nextTurn(), failFunction("it did")) }],
  [
    "expand",
    { parameters: [STRING, ANY], call: ([name, value]) => new TemplateCall(String(name), value) },
  ],
  ["same", { parameters: [ANY], call: ([value]) => value }],
]);
const parser = new TemplateParser((name) => functions.has(name));
const expand = async (text: string, options: Partial<Parameters<typeof expandText>[2]> = {}) =>
  expandText(parser.parse("x", text), data, { functions, ...options });

async function failure(text: string, limits = TEMPLATE_LIMITS): Promise<TemplateError> {
  try {
    await expand(text, { limits });
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error(`${text} is right`);
}

describe("templates", () => {
  it.each([
    ["{{ .Name }}-{{ .Count }}-{{ .Ratio }}", "web-3-0.5"],
    ["{{ .Upper }} {{ .With `!` }} {{ `?` | .With }} {{ (.With `a`) | len }}", "WEB web! web? 4"],
    ["{{ .Any.list }} {{ index .Any.list 1 }} {{ .Any.none }}", "[x y] y <no value>"],
    ["{{ half 5 }} {{ half 2.5 }}", "2.5 1.25"],
    ["{{ later `a` }} {{ later (later `b`) }}", "later a later later b"],
    ["{{ if and true (later ``) }}yes{{ end }}", "yes"],
    ["{{ range $i, $e := .List }}{{ if $i }},{{ end }}{{ $e }}{{ end }}", "x,y,z"],
    ["{{ range .Labels }}{{ . }}{{ end }}", "12"],
    ["{{ range 3 }}{{ . }}{{ end }}", "012"],
    ["{{ $n := 0 }}{{ range .List }}{{ $n = . }}{{ end }}{{ $n }}", "z"],
    [
      "{{ define `a1` }}<{{ . }}>{{ end }}{{ expand (print `a` 1) .Name | len }}{{ expand `a1` 2 }}",
      "5<2>",
    ],
    ["{{ with $x := .Name }}{{ $x }}{{ end }}", "web"],
    ["{{ with false }}a{{ else with .Name }}{{ . }}{{ end }}", "web"],
    ["{{ range $x := .List }}{{ range $.Labels }}{{ $x }}{{ break }}{{ end }}{{ end }}", "xyz"],
  ])("%s", async (text, expected) => {
    expect(await expand(text)).toBe(expected);
  });

  it.each([
    [
      "{{ .Nope }}",
      1,
      3,
      `template: x:1:3: executing "x" at <.Nope>: can't evaluate field Nope in type test.Data`,
    ],
    [
      "a\n {{ fails }}",
      2,
      4,
      `template: x:2:4: executing "x" at <fails>: error calling fails: it does`,
    ],
    [
      "{{ failsLater }}",
      1,
      3,
      `template: x:1:3: executing "x" at <failsLater>: error calling failsLater: it did`,
    ],
    [
      "{{ define `t` }}\n{{ .Nope }}{{ end }}{{ template `t` . }}",
      2,
      3,
      `template: x:2:3: executing "t" at <.Nope>: can't evaluate field Nope in type test.Data`,
    ],
    [
      "{{ half `a` }}",
      1,
      8,
      'template: x:1:8: executing "x" at <`a`>: wrong type for value; expected float64; got string',
    ],
    [
      "{{ half }}",
      1,
      3,
      `template: x:1:3: executing "x" at <half>: wrong number of args for half: want 1 got 0`,
    ],
    ["x\ny {{ nope }}", 2, 5, `template: x:2: function "nope" not defined`],
    ["{{ if }}", 1, 6, "template: x:1: missing value for if"],
    ["{{ range .List }}", 1, 15, "template: x:1: unexpected EOF"],
    ["{{ .Name", 1, 0, "template: x:1: unclosed action"],
    ['{{ "a }}', 1, 3, "template: x:1: unterminated quoted string"],
    ["{{ $x }}", 1, 3, `template: x:1: undefined variable "$x"`],
    ["{{ .A.B%c }}", 1, 7, "template: x:1: bad character U+0025 '%'"],
  ])("%j fails with its place", async (text, line, column, message) => {
    const error = await failure(text);
    expect(error.message).toBe(message);
    expect(error.place).toEqual({ name: "x", line, column });
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])(
    "%s of JavaScript is never reached",
    async (name) => {
      expect(await expand(`{{ .Labels.${name} }}{{ index .Labels "${name}" }}`)).toBe("");
      expect(await expand(`{{ .Any.${name} }}`)).toBe("<no value>");
      expect((await failure(`{{ .${name} }}`)).message).toContain("can't evaluate field");
      expect((await failure(`{{ .List.${name} }}`)).message).toContain("can't evaluate field");
      expect((await failure(`{{ .Name.${name} }}`)).message).toContain("can't evaluate field");
      expect((await failure(`{{ ${name} }}`)).message).toContain("not defined");
      expect((await failure(`{{ template "${name}" }}`)).message).toContain("not defined");
    },
  );

  it("uses templates of others, and its own before them", async () => {
    const shared = new TemplateSet(
      parser.parse("shared", "{{ define `a` }}A{{ end }}{{ define `b` }}B{{ end }}"),
    );
    const text = "{{ define `b` }}mine{{ end }}{{ template `a` }}{{ template `b` }}";
    expect(await expand(text, { shared })).toBe("Amine");
    shared.add(parser.parse("later", "{{ define `a` }}later{{ end }}{{ define `b` }} {{ end }}"));
    expect(await expand("{{ template `a` }}{{ template `b` }}", { shared })).toBe("laterB");
    expect(shared.names()).toEqual(["shared", "a", "b", "later"]);
  });

  it("is expanded at once where nothing has to be waited for", () => {
    expect(expandNow(parser.parse("x", "{{ .Name }}"), data, { functions })).toBe("web");
    expect(expandNow(parser.parse("x", "{{ later `a` }}"), data, { functions })).toBeUndefined();
  });
});

describe("limits of templates", () => {
  const limits = { maxSourceLength: 1000, maxOutputLength: 500, maxSteps: 10_000, maxDepth: 5 };

  it.each([
    ["{{ range 1000000000 }}{{ end }}", "more than 10000 steps (maxSteps)"],
    [
      "{{ define `r` }}{{ template `r` }}{{ end }}{{ template `r` }}",
      "more than 5 deep (maxDepth)",
    ],
    [
      "{{ define `r` }}{{ expand `r` . }}{{ end }}{{ expand `r` . }}",
      "more than 5 deep (maxDepth)",
    ],
    ["{{ range 100 }}0123456789{{ end }}", "longer than 500 characters (maxOutputLength)"],
    ["{{ $x := `0123456789` }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}", "maxOutputLength"],
    ["{{ printf `%999999d` 1 }}", "maxOutputLength"],
    [
      "{{ define `a` }}{{ range 1000 }}{{ template `b` }}{{ end }}{{ end }}{{ define `b` }}{{ range 1000 }}{{ end }}{{ end }}{{ template `a` }}",
      "maxSteps",
    ],
  ])("%s", async (text, limit) => {
    expect((await failure(text, limits)).message).toContain(limit);
  });

  it("holds for the source as well", () => {
    const small = new TemplateParser(() => false, { maxSourceLength: 10 });
    expect(() => small.parse("x", "01234567890")).toThrow("(maxSourceLength)");
  });

  it("refuses what nests deeper than the parser can follow", async () => {
    const deep = 5000;
    expect(
      (await failure(`${"{{if 1}}".repeat(deep)}${"{{end}}".repeat(deep)}`)).message,
    ).toContain("nest deeper");
    expect((await failure(`{{ ${"(".repeat(deep)}1${")".repeat(deep)} }}`)).message).toContain(
      "nest deeper",
    );
    const chain = "{{ if 1 }}" + "{{ else if 1 }}".repeat(deep) + "{{ end }}";
    expect((await failure(chain)).message).toContain("nest deeper");
  });

  it("lets others have their turn", async () => {
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        await nextTurn();
        turns++;
      }
    })();
    await expand("{{ range 100000 }}{{ end }}");
    isOver = true;
    await others;
    expect(turns).toBeGreaterThan(10);
  });

  it("remembers so many texts and no more", () => {
    const remembering = new TemplateParser(() => false);
    const first = remembering.parse("x", "text 0");
    expect(remembering.parse("x", "text 0")).toBe(first);
    for (let index = 1; index <= 2500; index++) remembering.parse("x", `text ${index}`);
    expect(remembering.size).toBe(2000);
    expect(remembering.evictions).toBe(501);
    expect(remembering.parse("x", "text 0")).not.toBe(first);
    const long = "a".repeat(1_000_000);
    for (let index = 0; index < 20; index++) remembering.parse("x", `${index}${long}`);
    expect(remembering.size).toBeLessThan(10);
  });
});

describe("random templates", () => {
  const PIECES = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    ".",
    ".Name",
    ".Labels",
    "$",
    "$x",
    ":=",
    "=",
    "|",
    "(",
    ")",
    ",",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    '"a"',
    "`b`",
    "'c'",
    "1",
    "2.5",
    "1e9",
    "true",
    "nil",
    "printf",
    "len",
    "index",
    "slice",
    "eq",
    "and",
    "or",
    "not",
    "print",
    "html",
    "same",
    "half",
    "/*",
    "*/",
    "%d",
    "text",
    "\\",
    '"',
    "'",
    "`",
    "é",
    "\0",
  ];
  /** A generator of our own, so that a failure can be played again by its seed. */
  function* random(seed: number): Generator<number, never> {
    let state = seed;
    for (;;) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      yield state / 2 ** 32;
    }
  }

  it("end with a text or a TemplateError", async () => {
    const limits = {
      maxSourceLength: 10_000,
      maxOutputLength: 10_000,
      maxSteps: 2000,
      maxDepth: 10,
    };
    let right = 0;
    for (let seed = 1; seed <= 6000; seed++) {
      const numbers = random(seed);
      const pick = () => PIECES[Math.floor(numbers.next().value * PIECES.length)] ?? "";
      // Half of them are whole actions, which get further than bare pieces.
      const piece = seed % 2 === 0 ? () => `{{ ${pick()} ${pick()} ${pick()} }}` : pick;
      const text = Array.from({ length: 1 + (seed % 12) }, piece).join("");
      const result = await expand(text, { limits }).catch((error: unknown) => error);
      const isRight = typeof result === "string";
      if (isRight) right++;
      const isShort = isRight && result.length <= limits.maxOutputLength;
      expect(isShort || result instanceof TemplateError, `${text}: ${String(result)}`).toBe(true);
    }
    expect(right).toBeGreaterThan(100);
  });
});

describe("lists", () => {
  it("print and compare as Go's", async () => {
    const list = new GoSlice([1n, "a", undefined]);
    const result = await expandText(
      parser.parse("x", "{{ . }} {{ len . }} {{ index . 1 }}"),
      list,
      { functions },
    );
    expect(result).toBe("[1 a <nil>] 3 a");
  });
});
