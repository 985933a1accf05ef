/** One condition of an instant selector. */
export interface Matcher {
  label: string;
  op: "=" | "!=" | "=~" | "!~";
  value: string;
}

/** An instant selector in pieces; `name` is empty when the selector names no metric. */
export interface Selector {
  name: string;
  matchers: Matcher[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const MATCHER =
  /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(,|$)/;
const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

const quote = (value: string): string =>
  `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const unquote = (text: string): string =>
  text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);

/** Writes a selector: `up`, `up{job="a"}`, `{service="a"}`. */
export const formatSelector = ({ name, matchers }: Selector): string => {
  if (matchers.length === 0) return name;
  const inner = matchers.map(({ label, op, value }) => `${label}${op}${quote(value)}`).join(",");
  return `${name}{${inner}}`;
};

/** The selector of exactly one series: its name and every label. */
export const selectorOf = (
  labels: Record<string, string>,
  name = labels["__name__"] ?? "",
): string =>
  formatSelector({
    name,
    matchers: Object.entries(labels)
      .filter(([label]) => label !== "__name__")
      .map(([label, value]) => ({ label, op: "=", value })),
  });

/** Reads the inside of the braces, `job="a",path=~"/v1/.*"`; null when it is not a list of matchers. */
export const parseMatchers = (text: string): Matcher[] | null => {
  const matchers: Matcher[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const found = MATCHER.exec(rest);
    if (!found) return null;
    matchers.push({
      label: found[1] ?? "",
      op: found[2] as Matcher["op"],
      value: unquote(found[3] ?? '""'),
    });
    rest = rest.slice(found[0].length).trim();
  }
  return matchers;
};

/** Reads a selector; null when the text is anything else, such as a whole PromQL expression. */
export const parseSelector = (text: string): Selector | null => {
  const trimmed = text.trim();
  const name = NAME.exec(trimmed)?.[0] ?? "";
  const rest = trimmed.slice(name.length).trim();
  if (rest === "") return name === "" ? null : { name, matchers: [] };
  if (!rest.startsWith("{") || !rest.endsWith("}")) return null;
  const matchers = parseMatchers(rest.slice(1, -1));
  return matchers === null ? null : { name, matchers };
};

const test = ({ label, op, value }: Matcher, labels: Record<string, string>): boolean => {
  const actual = labels[label] ?? "";
  if (op === "=") return actual === value;
  if (op === "!=") return actual !== value;
  try {
    return new RegExp(`^(?:${value})$`, "s").test(actual) === (op === "=~");
  } catch {
    return false;
  }
};

/** Whether a series belongs to a selector. Labels without `__name__` are taken to be of the right metric. */
export const matches = (selector: Selector, labels: Record<string, string>): boolean => {
  const name = labels["__name__"];
  if (selector.name !== "" && name !== undefined && name !== selector.name) return false;
  return selector.matchers.every((matcher) => test(matcher, labels));
};

/**
 * The labels that tell the series of one picture apart, the service first. A label that all share is left out, and so
 * is one that follows from those already taken, as the instance follows from the service.
 */
export const distinctive = (all: Record<string, string>[]): string[] => {
  const names = [...new Set(all.flatMap((labels) => Object.keys(labels)))]
    .filter((name) => name !== "__name__")
    .toSorted((a, b) => Number(b === "service") - Number(a === "service"));
  const taken: string[] = [];
  const partsOf = (by: string[]): number =>
    new Set(all.map((labels) => JSON.stringify(by.map((name) => labels[name] ?? "")))).size;
  let parts = 1;
  for (const name of names) {
    const finer = partsOf([...taken, name]);
    if (finer === parts) continue;
    taken.push(name);
    parts = finer;
  }
  return taken;
};

/** A short name for a series inside a picture: the value of the one label that matters, or several as `name=value`. */
export const seriesLabel = (labels: Record<string, string>, only: string[]): string => {
  const [first = ""] = only;
  if (only.length === 1) return labels[first] ?? `no ${first}`;
  const shown = (only.length > 0 ? only : Object.keys(labels)).filter(
    (name) => name !== "__name__" && labels[name] !== undefined,
  );
  if (shown.length === 0) return labels["__name__"] ?? "value";
  return shown.map((name) => `${name}=${labels[name]}`).join(" ");
};
