import type { Matcher } from "./selector.ts";

/** What somebody typed into a filter box: Alertmanager matchers, and words that any text of an alert may hold. */
export interface AlertFilter {
  matchers: Matcher[];
  words: string[];
  /** Why a part of it does not count; null when all of it does. */
  problem: string | null;
}

/** Longer texts are cut: nobody types them, and a hostile address must not cost seconds. */
const MAX_LENGTH = 4096;

const MATCHER = /^([a-zA-Z_][a-zA-Z0-9_.:-]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s,{}"]*)/;
const ESCAPES: Record<string, string> = { n: "\n", t: "\t" };

const plain = (text: string): string =>
  text.startsWith('"')
    ? text.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter)
    : text;

const problemOf = ({ label, op, value }: Matcher): string | null => {
  if (op === "=" || op === "!=") return null;
  try {
    new RegExp(`^(?:${value})$`);
    return null;
  } catch {
    return `${label}${op} needs a regular expression`;
  }
};

/** Reads `severity="critical", service=~api.* slow`: matchers with or without braces, quotes and commas; the rest is words. */
export const parseAlertFilter = (text: string): AlertFilter => {
  const filter: AlertFilter = { matchers: [], words: [], problem: null };
  let rest = text.slice(0, MAX_LENGTH);
  for (;;) {
    rest = rest.replace(/^[\s,{}]+/, "");
    if (rest === "") return filter;
    const found = MATCHER.exec(rest);
    if (found === null) {
      const word = /^[^\s,{}]+/.exec(rest)?.[0] ?? rest;
      filter.words.push(word.replaceAll('"', "").toLowerCase());
      rest = rest.slice(word.length);
      continue;
    }
    const matcher = {
      label: found[1] ?? "",
      op: found[2] as Matcher["op"],
      value: plain(found[3] ?? ""),
    };
    const problem = problemOf(matcher);
    if (problem === null) filter.matchers.push(matcher);
    else filter.problem ??= problem;
    rest = rest.slice(found[0].length);
  }
};

/** Writes one matcher as the filter box and `amtool` read it. */
export const matcherText = ({ label, op, value }: Matcher): string =>
  `${label}${op}${JSON.stringify(value)}`;

type Labels = Readonly<Record<string, string>>;

/** A matcher as a question about labels; a label that is missing counts as empty, as in Alertmanager. */
export const matcherTest = ({ label, op, value }: Matcher): ((labels: Labels) => boolean) => {
  if (op === "=") return (labels) => (labels[label] ?? "") === value;
  if (op === "!=") return (labels) => (labels[label] ?? "") !== value;
  const expression = new RegExp(`^(?:${value})$`, "s");
  return (labels) => expression.test(labels[label] ?? "") === (op === "=~");
};

/** Values of each label with how often each occurs; what completion offers. */
export type LabelIndex = ReadonlyMap<string, ReadonlyMap<string, number>>;

export const indexLabels = (all: Iterable<Labels>): LabelIndex => {
  const index = new Map<string, Map<string, number>>();
  for (const labels of all) {
    for (const [name, value] of Object.entries(labels)) {
      let values = index.get(name);
      if (values === undefined) index.set(name, (values = new Map()));
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return index;
};

/** One thing that can be put in the place of what stands between `from` and `to`. */
export interface Completion {
  text: string;
  hint: string;
  from: number;
  to: number;
}

const MAX_OFFERED = 12;

/** The matcher that the caret stands in: everything behind the last comma or space outside of quotes. */
const startOfToken = (text: string, caret: number): number => {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < caret; at += 1) {
    const letter = text[at];
    if (letter === "\\" && quoted) at += 1;
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && /[\s,{}]/.test(letter ?? "")) start = at + 1;
  }
  return start;
};

const ranked = <T>(entries: [string, T][], typed: string, weigh: (value: T) => number) => {
  const wanted = typed.toLowerCase();
  return entries
    .filter(([name]) => name.toLowerCase().includes(wanted))
    .toSorted(
      ([a, x], [b, y]) =>
        Number(b.toLowerCase().startsWith(wanted)) - Number(a.toLowerCase().startsWith(wanted)) ||
        weigh(y) - weigh(x) ||
        a.localeCompare(b),
    )
    .slice(0, MAX_OFFERED);
};

/** What could stand where the caret is: names of labels, and behind an operator the values of that label. */
export const completeFilter = (text: string, caret: number, index: LabelIndex): Completion[] => {
  const from = startOfToken(text, caret);
  const typed = text.slice(from, caret);
  const parts = /^([a-zA-Z_][a-zA-Z0-9_.:-]*)(=~|!~|!=|=)"?(.*)$/s.exec(typed);
  const end = /^[^\s,{}]*/.exec(text.slice(caret))?.[0].length ?? 0;
  if (parts === null) {
    const names = ranked([...index], typed, (values) => values.size);
    return names.map(([name, values]) => ({
      text: `${name}=`,
      hint: values.size === 1 ? "1 value" : `${values.size} values`,
      from,
      to: caret,
    }));
  }
  const [, label = "", op = "=", begun = ""] = parts;
  const values = index.get(label) ?? new Map<string, number>();
  return ranked([...values], begun, (count) => count).map(([value, count]) => ({
    text: `${label}${op}${JSON.stringify(value)} `,
    hint: String(count),
    from,
    to: caret + end,
  }));
};
