import { RE2JS } from "re2js";

import { badRequest, describeError } from "./errors.ts";
import type { LabelSet } from "./labels.ts";
import { parseUtf8Matchers } from "./matchers-utf8.ts";
import type { MatchOperator, Matcher } from "./selector.ts";

/** Longest text of matchers that is read. */
const MAX_TEXT_LENGTH = 65_536;

/** Most matchers of one text. */
const MAX_MATCHERS = 1000;

/** As Go counts it in `\s`. */
const SPACE = " \t\n\f\r";

/**
 * A matcher of Alertmanager: unlike in selectors of series a dot does not match a newline.
 * @throws FleetlightError `bad_request` for a bad regular expression.
 */
export function makeAlertMatcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (operator === "=") return { name, operator, value, test: (found) => found === value };
  if (operator === "!=") return { name, operator, value, test: (found) => found !== value };
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(value);
  } catch (error) {
    throw badRequest(`bad regular expression ${JSON.stringify(value)}: ${describeError(error)}`);
  }
  if (operator === "=~") return { name, operator, value, test: (found) => compiled.matches(found) };
  return { name, operator, value, test: (found) => !compiled.matches(found) };
}

function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.includes(text[start] ?? "")) start++;
  while (end > start && SPACE.includes(text[end - 1] ?? "")) end--;
  return text.slice(start, end);
}

/** Undoes `\n`, `\"` and `\\`; any other backslash stands for itself. */
function unescapeClassic(raw: string, shown: string): string {
  const quoted = raw.startsWith('"');
  const text = quoted ? raw.slice(1) : raw;
  const misplaced = () => badRequest(`matcher value contains unescaped double quote: ${shown}`);
  let value = "";
  let closed = !quoted;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const next = text[at + 1];
    if (char === "\\" && next !== undefined) {
      if (next === "n") value += "\n";
      else value += next === '"' || next === "\\" ? next : char + next;
      at++;
    } else if (char !== '"') {
      value += char;
    } else if (closed || at < text.length - 1) {
      throw misplaced();
    } else {
      closed = true;
    }
  }
  if (!closed) throw misplaced();
  return value;
}

const CLASSIC = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t\n\f\r]*(=~|=|!=|!~)/;

function parseClassicMatcher(text: string): Matcher {
  const trimmed = trimSpace(text);
  const found = CLASSIC.exec(trimmed);
  if (!found) throw badRequest(`bad matcher format: ${text}`);
  const [head, name = "", operator = "="] = found;
  const raw = trimSpace(trimmed.slice(head.length));
  return makeAlertMatcher(name, operator as MatchOperator, unescapeClassic(raw, raw));
}

/** Cuts at commas outside of double quotes. */
function splitClassic(text: string): string[] {
  const tokens: string[] = [];
  let token = "";
  let insideQuotes = false;
  let escaped = false;
  for (const char of text) {
    if (char === "," && !insideQuotes) {
      tokens.push(token);
      token = "";
      continue;
    }
    if (char === '"' && !escaped) insideQuotes = !insideQuotes;
    escaped = char === "\\" ? !escaped : false;
    token += char;
  }
  const last = token.trim();
  return last === "" ? tokens : [...tokens, last];
}

const parseClassicMatchers = (text: string): Matcher[] =>
  splitClassic(text.replace(/^\{/, "").replace(/\}$/, "")).map(parseClassicMatcher);

const isSame = (a: readonly Matcher[], b: readonly Matcher[]): boolean =>
  a.length === b.length &&
  a.every((one, index) => {
    const other = b[index];
    return one.name === other?.name && one.operator === other.operator && one.value === other.value;
  });

/**
 * Alertmanager 0.27 and later read a text in its UTF-8 syntax, and in the classic one where that fails or means
 * something else.
 */
function parse(text: string): Matcher[] {
  if (text.length > MAX_TEXT_LENGTH)
    throw badRequest(`matchers are at most ${MAX_TEXT_LENGTH} characters`);
  const parts = parseUtf8Matchers(text);
  const modern = parts?.map(({ name, operator, value }) => makeAlertMatcher(name, operator, value));
  let classic: Matcher[];
  try {
    classic = parseClassicMatchers(text);
  } catch (error) {
    if (modern === undefined) throw error;
    return modern;
  }
  return modern !== undefined && isSame(modern, classic) ? modern : classic;
}

/**
 * Reads `foo=bar`, `foo="bar",baz=~"a|b"` or `{foo="bar"}`, in Alertmanager's classic or UTF-8 syntax.
 * @throws FleetlightError `bad_request` in upstream's words.
 */
export function parseMatchers(text: string): Matcher[] {
  const matchers = parse(text);
  if (matchers.length > MAX_MATCHERS)
    throw badRequest(`${matchers.length} matchers are more than ${MAX_MATCHERS}`);
  return matchers;
}

/** As {@link parseMatchers} for exactly one matcher without braces. */
export function parseMatcher(text: string): Matcher {
  if (text.startsWith("{") || text.endsWith("}"))
    throw badRequest(`unexpected open or close brace: ${text}`);
  const parts = text.length > MAX_TEXT_LENGTH ? undefined : parseUtf8Matchers(text);
  // A comma belongs to an unquoted value in the classic syntax, and ends it in the other.
  if (parts === undefined || parts.length !== 1) return parseClassicMatcher(text);
  const [{ name, operator, value } = { name: "", operator: "=", value: "" }] = parts;
  const modern = makeAlertMatcher(name, operator as MatchOperator, value);
  let classic: Matcher;
  try {
    classic = parseClassicMatcher(text);
  } catch {
    return modern;
  }
  return isSame([modern], [classic]) ? modern : classic;
}

const OPERATOR_ORDER: Readonly<Record<MatchOperator, number>> = {
  "=": 0,
  "!=": 1,
  "=~": 2,
  "!~": 3,
};

const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

/** By name, value and operator: the order in which Alertmanager keeps and shows them. */
export const compareMatchers = (a: Matcher, b: Matcher): number =>
  compareText(a.name, b.name) ||
  compareText(a.value, b.value) ||
  OPERATOR_ORDER[a.operator] - OPERATOR_ORDER[b.operator];

const ESCAPED: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };
const escapeValue = (text: string): string =>
  text.replace(/[\\\n"]/g, (char) => ESCAPED[char] ?? char);

/** `foo="bar"`; a name that would be read otherwise is quoted. */
export function formatMatcher({ name, operator, value }: Matcher): string {
  if (!/[\s{}!=~,\\"'`]/u.test(name)) return `${name}${operator}"${escapeValue(value)}"`;
  return `${JSON.stringify(name)}${operator}${JSON.stringify(value)}`;
}

/** `{a="b",c=~"d|e"}`, in the order that they are in. */
export const formatMatchers = (matchers: readonly Matcher[]): string =>
  `{${matchers.map(formatMatcher).join(",")}}`;

/** Whether labels satisfy all matchers; an absent label is an empty string. */
export const matchesAll = (matchers: readonly Matcher[], labels: LabelSet): boolean =>
  matchers.every((matcher) => matcher.test(labels[matcher.name] ?? ""));
