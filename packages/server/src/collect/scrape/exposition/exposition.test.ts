import { fileURLToPath } from "node:url";
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { LabelSet } from "#lib";

import { ExpositionError, decodeSeries, parseExposition, type ExpositionFormat } from "./index.ts";

interface Read {
  labels: LabelSet;
  value: number;
  timestampMs: number | undefined;
}

interface Page {
  samples: Read[];
  metadata: [string, string, string][];
}

/** Reads a page as a scrape does: a series that is there again without a timestamp counts once. */
function read(page: string | Uint8Array, format: ExpositionFormat): Page {
  const bytes = typeof page === "string" ? Buffer.from(page) : page;
  const result: Page = { samples: [], metadata: [] };
  const seen = new Set<string>();
  let type = "";
  parseExposition(bytes, format, {
    sample(start, end, value, timestampMs) {
      const labels = decodeSeries(bytes, start, end, type);
      const raw = Buffer.from(bytes.subarray(start, end)).toString("latin1");
      const timed = !Number.isNaN(timestampMs);
      if (seen.has(raw) && !timed) return;
      seen.add(raw);
      result.samples.push({ labels, value, timestampMs: timed ? timestampMs : undefined });
    },
    metadata(kind, name, text) {
      if (kind === "type") type = text;
      result.metadata.push([kind, name, text]);
    },
  });
  return result;
}

const text = (page: string): Read[] => read(page, "text").samples;
const open = (page: string): Read[] => read(`${page}# EOF\n`, "openmetrics").samples;
const one = (samples: Read[]): Read => {
  expect(samples).toHaveLength(1);
  return samples[0] as Read;
};

describe("text format", () => {
  it.each([
    ["a 1", { __name__: "a" }],
    ["a{} 1", { __name__: "a" }],
    ['a:b_c9{x="y"}1', { __name__: "a:b_c9", x: "y" }],
    ['\ta { x = "y"\t, z="" , } 1 ', { __name__: "\ta", x: "y", z: "" }],
    ['a{x="1" y="2"} 1', { __name__: "a", x: "1", y: "2" }],
    ['{"a.b",x="y"} 1', { __name__: "a.b", x: "y" }],
    ['{x="y","a.b"} 1', { __name__: "a.b", x: "y" }],
    ['a{"x.y"="z"} 1', { __name__: "a", "x.y": "z" }],
    ['a{x="\\"\\\\\\n\\t"} 1', { __name__: "a", x: '"\\\n\\t' }],
    ['a{x="two\nlines"} 1', { __name__: "a", x: "two\nlines" }],
    ['a{x="nul\0"} 1', { __name__: "a", x: "nul\0" }],
    ['a{x="",x="y"} 1', { __name__: "a", x: "" }],
    ['{"Grüße","naïve"="☃"} 1', { __name__: "Grüße", naïve: "☃" }],
    [
      'a{__proto__="x"} 1',
      Object.fromEntries([
        ["__name__", "a"],
        ["__proto__", "x"],
      ]),
    ],
  ])("reads the labels of %j", (line, labels) => {
    const sorted = (set: object): unknown[] => Object.entries(set).toSorted();
    expect(sorted(one(text(line)).labels)).toEqual(sorted(labels));
  });

  it("reads timestamps in milliseconds and says when there is none", () => {
    expect(text("a 1 1700000000123\nb 2")).toEqual([
      { labels: { __name__: "a" }, value: 1, timestampMs: 1_700_000_000_123 },
      { labels: { __name__: "b" }, value: 2, timestampMs: undefined },
    ]);
  });

  it("reports help, type and quoted names, and passes over other comments", () => {
    const page = `
# HELP a two\\nlines and a \\"quote\\"
 #\tTYPE   a untyped
# HELP "b.c"
# TYPE "b.c" histogram
# HELPER is no help
#HELP neither
#
a 1`;
    expect(read(page, "text").metadata).toEqual([
      ["help", "a", 'two\nlines and a \\"quote\\"'],
      ["type", "a", "unknown"],
      ["help", "b.c", ""],
      ["type", "b.c", "histogram"],
    ]);
  });

  it("normalises the bounds of histograms and summaries only", () => {
    const bounds = (type: string, label: string, value: string): string | undefined =>
      one(text(`# TYPE a ${type}\na{${label}="${value}"} 1`)).labels[label];
    expect(bounds("histogram", "le", "1")).toBe("1.0");
    expect(bounds("histogram", "le", "1e6")).toBe("1e+06");
    expect(bounds("histogram", "le", "123456")).toBe("123456.0");
    expect(bounds("histogram", "le", "0.00001")).toBe("1e-05");
    expect(bounds("histogram", "le", "-0")).toBe("0.0");
    expect(bounds("histogram", "le", "inf")).toBe("+Inf");
    expect(bounds("histogram", "le", "much")).toBe("much");
    expect(bounds("summary", "quantile", ".50")).toBe("0.5");
    expect(bounds("summary", "le", "1")).toBe("1");
    expect(bounds("gauge", "le", "1")).toBe("1");
  });

  it("ends silently at a zero byte where a line starts, as the lexer of Prometheus does", () => {
    expect(text("a 1\n\0b 2\n")).toHaveLength(1);
    expect(text("a 1\n#x\0\nb 2\n")).toHaveLength(1);
    expect(text("a 1\n# x\0\nb 2\n")).toHaveLength(2);
  });

  it.each([
    ["a", "expected a value"],
    ["a true", "expected a number"],
    ["a 1 -5", "expected a timestamp"],
    ["a 1 1.5", "expected the end of the line"],
    ["a 1 9223372036854775808", "out of range"],
    ["a 1 2 3", "expected the end of the line"],
    ["a 1\r", "expected a number"],
    ["9a 1", "expected a metric"],
    ["a.b 1", "expected a number"],
    ["{} 1", "name is missing"],
    ['{x="y"} 1', "name is missing"],
    ['{"a","b"} 1', "there already"],
    ["{a} 1", "equals sign"],
    ["a{b} 1", "equals sign"],
    ['a{,b="c"} 1', "label name"],
    ['a{b="c",,} 1', "label name"],
    ['a{b:c="d"} 1', "equals sign"],
    ['a{b="c} 1', "closing quote"],
    ['a{b="c\\\n"} 1', "escape"],
    ['a{b="c", b="d"} 1', '"b" is there twice'],
    ['a{__name__="b"} 1', '"__name__" is there twice'],
    ['a{""="b"} 1', "empty name"],
    ['{""} 1', "no name"],
    ["# TYPE a meter\n", "expected counter"],
    ["# TYPE a counter \n", "expected counter"],
    ["# HELP 1 x\n", "metric name after HELP"],
  ])("refuses %j", (page, reason) => {
    expect(() => text(page)).toThrow(ExpositionError);
    expect(() => text(page)).toThrow(reason);
  });

  it("refuses bytes that are not UTF-8 in values, names and help", () => {
    const page = (before: string, after: string): Buffer =>
      Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28]), Buffer.from(after)]);
    expect(() => read(page('a{b="', '"} 1'), "text")).toThrow("not valid UTF-8");
    expect(() => read(page('{"', '"} 1'), "text")).toThrow("not valid UTF-8");
    expect(() => read(page("# HELP a ", "\n"), "text")).toThrow("not valid UTF-8");
    expect(() => read(page("# TYPE a", "\n"), "text")).toThrow(ExpositionError);
  });

  it("names the line of a mistake, also of one in the labels", () => {
    expect(() => text('a 1\nb{x="1\n2"} 2\n\nc\n')).toThrow("line 5:");
    expect(() => text('a 1\n\nb{x="1",x="2"} 2\n')).toThrow("line 3:");
  });
});

describe("numbers", () => {
  const value = (number: string): number => one(text(`a ${number}`)).value;

  it.each([
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "12345678901234567890",
    "9007199254740993",
    "0.1",
    ".5",
    "5.",
    "-.5e1",
    "7.424100000000001e-05",
    "1e22",
    "1e23",
    "1e-23",
    "4.9e-324",
    "1e-400",
    "1.7976931348623157e308",
    "0.30000000000000004",
    "123456789.123456789",
    "1E+5",
    "1e005",
    "0000000000000000000000000000001.2e-1",
  ])("reads %s exactly", (number) => {
    expect(value(number)).toBe(Number(number));
  });

  it("reads random numbers as the engine does", () => {
    const random = seeded(7);
    for (let round = 0; round < 20_000; round++) {
      const digits = String(Math.floor(random() * 10 ** (1 + Math.floor(random() * 17))));
      const cut = Math.floor(random() * (digits.length + 1));
      const exponent = random() < 0.5 ? "" : `e${Math.floor(random() * 80 - 40)}`;
      const number = `${random() < 0.3 ? "-" : ""}${digits.slice(0, cut)}.${digits.slice(cut)}${exponent}`;
      expect([number, value(number)]).toEqual([number, Number(number)]);
    }
  });

  it.each([
    ["NaN", Number.NaN],
    ["nan", Number.NaN],
    ["Inf", Infinity],
    ["+inf", Infinity],
    ["-INFINITY", -Infinity],
    ["-0", -0],
  ])("reads %s", (number, expected) => {
    expect(value(number)).toBe(expected);
  });

  it.each([
    "1_000",
    "0x1p-2",
    "0x10",
    "1e",
    "1e+",
    "e5",
    ".",
    "+",
    "-",
    "1.2.3",
    "+NaN",
    "-nan",
    "infin",
    "Infinityy",
    "1e400",
    "-1e309",
    "1d",
    "0b1",
    "1,5",
    "١",
  ])("refuses %s", (number) => {
    expect(() => value(number)).toThrow(ExpositionError);
  });
});

describe("OpenMetrics", () => {
  it("wants # EOF at the end and nothing behind it", () => {
    expect(read("# EOF", "openmetrics").samples).toEqual([]);
    expect(read("a 1\n# EOF", "openmetrics").samples).toHaveLength(1);
    expect(read("", "openmetrics").samples).toEqual([]);
    for (const page of [
      "a 1\n",
      "a 1\n# EOF\n\n",
      "# EOF\na 1\n",
      "# EOFa",
      "a 1\n#EOF\n",
      "\n# EOF\n",
    ]) {
      expect(() => read(page, "openmetrics")).toThrow(ExpositionError);
    }
  });

  it("reads timestamps in seconds, down to the millisecond", () => {
    expect(one(open("a 1 1700000000.1239\n")).timestampMs).toBe(1_700_000_000_123);
    expect(one(open("a 1 -1.5\n")).timestampMs).toBe(-1500);
    expect(Object.is(one(open("a 1 -0.0001\n")).timestampMs, 0)).toBe(true);
  });

  it("takes exemplars on any sample and does not keep them", () => {
    expect(
      open(
        'a_total 1 # {id="x # {y"} 2\na_bucket{le="1"} 1 5 # {} 2.5 6.5\nb 1 # {"a.b"="c",} NaN\n',
      ).map(({ value, timestampMs }) => [value, timestampMs]),
    ).toEqual([
      [1, undefined],
      [1, 5000],
      [1, undefined],
    ]);
    const long = "x".repeat(500);
    expect(open(`a_total 1 # {id="${long}"} 2\n`)).toHaveLength(1);
  });

  it("reports type, unit and help, and keeps created lines as samples", () => {
    const page =
      '# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds a \\"b\\" \\\\ \\n\n' +
      "a_seconds_total 1\na_seconds_created 5\n# EOF\n";
    const { metadata, samples } = read(page, "openmetrics");
    expect(metadata).toEqual([
      ["type", "a_seconds", "counter"],
      ["unit", "a_seconds", "seconds"],
      ["help", "a_seconds", 'a "b" \\ \n'],
    ]);
    expect(samples).toHaveLength(2);
  });

  it.each([
    " a 1",
    "a  1",
    "a 1 ",
    "a\t1",
    "a 1\t",
    'a{b="c"}1',
    'a{ b="c"} 1',
    'a{b="c", d="e"} 1',
    'a{b="c"d="e"} 1',
    'a{b="two\nlines"} 1',
    "a 1 NaN",
    "a 1 +Inf",
    "a 1 2 3",
    "a 1 #",
    "a 1 # {}",
    "a 1 # {a} 1",
    'a 1 # {"a"} 1',
    'a 1 # {a="b"} x',
    'a 1 # {a="b"} 1 NaN',
    'a 1 # {a="b"} 1 2 3',
    'a 1 # {a="b",,} 1',
    'a 1 # {a="\0"} 1',
    "#a",
    "# a",
    "# HELP a",
    "# HELP  a b",
    "# TYPE a untyped",
    "# TYPE a  gauge",
    "# UNIT a seconds",
    "# UNIT s s",
    "",
    "{abc} 1",
  ])("refuses %j", (line) => {
    expect(() => open(`${line}\n`)).toThrow(ExpositionError);
  });
});

describe("the cases of Prometheus", () => {
  interface Case {
    id: string;
    format: ExpositionFormat;
    input: string;
    outcome: "ok" | "error";
    samples?: { labels: Record<string, string>; value: string; timestampMs?: number }[];
  }
  const beside = new URL(
    "../../../../../../../shared/promql/exposition/shared.json",
    import.meta.url,
  );
  const file = process.env["FLEETLIGHT_EXPOSITION_CASES"] ?? fileURLToPath(beside);

  it("reads every case as Prometheus 3.5.3 does", (context) => {
    if (!existsSync(file)) {
      console.warn("SKIPPED exposition cases: set FLEETLIGHT_EXPOSITION_CASES to their file");
      context.skip();
    }
    const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };
    const key = (labels: LabelSet, timestampMs: number | undefined): string =>
      JSON.stringify([
        Object.entries(labels)
          .filter(([, value]) => value !== "")
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        timestampMs ?? "",
      ]);
    const number = (written: string): number =>
      written.endsWith("Inf") ? Number(`${written}inity`) : Number(written);
    const wrong: string[] = [];
    for (const { id, format, input, outcome, samples } of cases) {
      const found = new Map<string, number>();
      let error: unknown;
      try {
        for (const sample of read(Buffer.from(input, "base64"), format).samples) {
          const name = key(sample.labels, sample.timestampMs);
          if (!found.has(name)) found.set(name, sample.value);
        }
      } catch (thrown) {
        error = thrown;
      }
      if ((outcome === "error") !== error instanceof ExpositionError) wrong.push(`${id} ${error}`);
      if (outcome === "error" || !samples) continue;
      const expected = new Map(
        samples.map(({ labels, value, timestampMs }) => [key(labels, timestampMs), number(value)]),
      );
      const same =
        expected.size === found.size &&
        [...expected].every(([name, value]) => {
          const got = found.get(name);
          return got === value || Object.is(got, value);
        });
      if (!same) wrong.push(`${id} read otherwise`);
    }
    expect(wrong).toEqual([]);
    expect(cases.length).toBeGreaterThan(200);
  });
});

/** A small generator of numbers in [0, 1), so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("mutated pages", () => {
  const pages = [
    '# HELP a b\\n\n# TYPE a histogram\na_bucket{le="1",x="\\"y\\\\"} 1 123\n{"b.c",d="é"} 4.5e-3\nx{} NaN 5\n',
    '# TYPE a counter\n# UNIT a_s s\na_total{b="c"} 1 1.5 # {t="u"} 2 3\n{"é",f="g"} -Inf\n# EOF\n',
  ];
  const alphabet = Buffer.from('\0\t\n \r"#{}=,\\_:aZ09.eE+-é\xff# EOF# HELP # TYPE ', "latin1");

  it("are read or refused with ExpositionError, and never hang", () => {
    const random = seeded(42);
    const pick = (limit: number): number => Math.floor(random() * limit);
    let refused = 0;
    let unsound = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = [...Buffer.from(pages[pick(pages.length)] as string)];
      for (let change = pick(6); change >= 0; change--) {
        const letter = random() < 0.8 ? (alphabet[pick(alphabet.length)] as number) : pick(256);
        if (random() < 0.4) bytes.splice(pick(bytes.length), pick(8));
        else if (random() < 0.5) bytes.splice(pick(bytes.length), 0, letter);
        else bytes[pick(bytes.length)] = letter;
      }
      for (const format of ["text", "openmetrics"] as const) {
        try {
          const { samples } = read(Uint8Array.from(bytes), format);
          unsound += samples.filter(({ labels, timestampMs }) => {
            return !labels["__name__"] || !Number.isInteger(timestampMs ?? 0);
          }).length;
        } catch (error) {
          if (!(error instanceof ExpositionError)) throw error;
          refused++;
        }
      }
    }
    expect(unsound).toBe(0);
    expect(refused).toBeGreaterThan(10_000);
    expect(refused).toBeLessThan(40_000);
  }, 60_000);
});
