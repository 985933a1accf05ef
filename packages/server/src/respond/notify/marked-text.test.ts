import { describe, expect, it } from "vitest";

import { markValue, renderMarked, unmark, type Dialect } from "./marked-text.ts";

const HOSTILE = "a_b*c* [go](https://evil.example) `x` @channel <@1> \\ ~ # > ! .";

describe("values in Markdown", () => {
  it.each<[Dialect, string, string, string]>([
    ["MarkdownV2", "*@*", "1.5 - (a_b)!", "*1\\.5 \\- \\(a\\_b\\)\\!*"],
    ["MarkdownV2", "`@`", "a`b\\c.", "`a\\`b\\\\c.`"],
    ["MarkdownV2", "```\n@\n```", "a_b`c", "```\na_b\\`c\n```"],
    ["MarkdownV2", "[x](@)", "https://a/b)c_d", "[x](https://a/b\\)c_d)"],
    ["MarkdownV2", "\\`@", "a`", "\\`a\\`"],
    ["Markdown", "@", "a_b*c`d[e]", "a\\_b\\*c\\`d\\[e]"],
    ["Markdown", "`@`", "a`b", "`aˋb`"],
    ["discord", "@", "node_cpu **x**", "node\\_cpu \\*\\*x\\*\\*"],
    ["discord", "`@` @", "a_b`", "`a_bˋ` a\\_b\\`"],
    ["discord", "@", "see https://a/b_c_d. x_y", "see https://a/b_c_d. x\\_y"],
    ["discord", "@", "[x](https://a/b)", "\\[x\\]\\(https://a/b\\)"],
    ["discord", "[book](@)", "https://a/b c)(d>", "[book](https://a/b%20c%29%28d%3E)"],
    ["discord", "[a](b) @", "(c)", "[a](b) \\(c\\)"],
    ["mattermost", "@", "@channel", "@\u200Bchannel"],
    ["mattermost", "``` ` @ ```", "a_b`", "``` ` a_bˋ ```"],
  ])("of %s: %j with %j", (dialect, template, value, expected) => {
    const marked = template.replaceAll("@", () => markValue(value));
    expect(renderMarked(marked, dialect)).toBe(expected);
    expect(unmark(marked)).toBe(template.replaceAll("@", () => value));
  });

  it.each<Dialect>(["MarkdownV2", "Markdown", "discord", "mattermost"])(
    "become no link and no emphasis in %s",
    (dialect) => {
      const text = renderMarked(markValue(HOSTILE), dialect);
      expect(text).not.toMatch(/(?<!\\)[*`[_]/);
    },
  );

  it("cannot pretend to be the author's own text", () => {
    const text = renderMarked(markValue("a\uE001*b*\uE000"), "discord");
    expect(text).toBe("a\\*b\\*");
  });

  it("do not mind marks in the author's own text", () => {
    expect(renderMarked("a\uE001b\uE000c", "discord")).toBe("abc");
  });
});

/** Numbers that look random and are the same every time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const ALPHABET = [
  ..."ab1 \n_*[]()~`>#+-=|{}.!\\<@/:&\"'",
  "```",
  "](",
  "https://x.example/a_b",
  "🔥",
  "\uE000",
];

const randomValue = (next: () => number): string =>
  Array.from(
    { length: 1 + Math.floor(next() * 40) },
    () => ALPHABET[Math.floor(next() * ALPHABET.length)],
  ).join("");

/** What a reader of MarkdownV2 shows of a text without entities; undefined when Telegram would refuse it. */
function readEscaped(text: string, special: RegExp): string | undefined {
  let shown = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "\\") shown += text[++i] ?? "";
    else if (special.test(character)) return undefined;
    else shown += character;
  }
  return shown;
}

describe("a thousand random values", () => {
  const next = sequence(42);
  const values = Array.from({ length: 1000 }, () => randomValue(next));
  const withoutMarks = (value: string): string => value.replaceAll("\uE000", "");
  const render = (before: string, value: string, after: string, dialect: Dialect): string => {
    const text = renderMarked(`${before}${markValue(value)}${after}`, dialect);
    expect(text.startsWith(before) && text.endsWith(after)).toBe(true);
    return text.slice(before.length, text.length - after.length);
  };

  it("are read by Telegram as they were, as text, in code and in links", () => {
    for (const value of values) {
      const expected = withoutMarks(value);
      const bare = render("*", value, "*", "MarkdownV2");
      expect(readEscaped(bare, /[_*[\]()~`>#+\-=|{}.!]/)).toBe(expected);
      expect(readEscaped(render("`", value, "`", "MarkdownV2"), /`/)).toBe(expected);
      expect(readEscaped(render("[x](", value, ")", "MarkdownV2"), /\)/)).toBe(expected);
    }
  });

  it.each<Dialect>(["discord", "mattermost"])(
    "end no code and no link in %s, and begin nothing",
    (dialect) => {
      for (const value of values) {
        expect(render("`", value, "`", dialect)).not.toContain("`");
        expect(render("[x](", value, ")", dialect)).not.toMatch(/[\s()<>[\]]/);
        const outside = render("", value, "", dialect).replaceAll(
          /https?:\/\/[^\s<>()[\]"'`|\\*~]+/g,
          "",
        );
        expect(readEscaped(outside, /[*_~`|[\]()<>#]/)).toBeDefined();
      }
    },
  );
});
