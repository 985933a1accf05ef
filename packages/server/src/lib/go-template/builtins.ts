import { isEqual, isEqualToAny, isLess } from "./compare.ts";
import { sprint, sprintln, printValue } from "./print.ts";
import { sprintf } from "./printf.ts";
import {
  ANY,
  fail,
  GoMap,
  GoSlice,
  isTrue,
  SafeText,
  STRING,
  stringOf,
  typeName,
  type GoFunction,
  type Value,
} from "./values.ts";

const variadic = (call: (args: readonly Value[]) => Value): GoFunction => ({
  parameters: [ANY],
  variadic: true,
  call,
});
const pair = (call: (a: Value, b: Value) => Value): GoFunction => ({
  parameters: [ANY, ANY],
  call: ([a, b]) => call(a, b),
});
/** A first argument and any number of others. */
const withFirst = (call: (first: Value, rest: readonly Value[]) => Value): GoFunction => ({
  parameters: [ANY, ANY],
  variadic: true,
  call: ([first, ...rest]) => call(first, rest),
});

function index(value: Value, keys: readonly Value[]): Value {
  let current = value;
  for (const key of keys) {
    if (current === undefined) return fail("index of untyped nil");
    if (current instanceof GoMap) {
      const text = stringOf(key);
      if (text === undefined) return fail(`value has type ${typeName(key)}; should be string`);
      current = current.get(text);
    } else if (current instanceof GoSlice || typeof current === "string") {
      current = itemAt(current, key);
    } else return fail(`can't index item of type ${typeName(current)}`);
  }
  return current;
}

function position(key: Value, length: number): number {
  if (typeof key !== "bigint") return fail(`cannot index slice/array with type ${typeName(key)}`);
  if (key < 0n || key > BigInt(length)) return fail(`index out of range: ${key}`);
  return Number(key);
}

function itemAt(list: GoSlice | string, key: Value): Value {
  if (typeof list === "string") {
    const bytes = Buffer.from(list);
    const at = position(key, bytes.length);
    return at < bytes.length ? BigInt(bytes[at] ?? 0) : fail(`index out of range: ${at}`);
  }
  const at = position(key, list.items.length);
  return at < list.items.length ? list.items[at] : fail(`index out of range: ${at}`);
}

function slice(value: Value, keys: readonly Value[]): Value {
  const text = stringOf(value);
  if (keys.length > 3) return fail(`too many slice indexes: ${keys.length}`);
  if (text === undefined && !(value instanceof GoSlice))
    return fail(
      value === undefined ? "slice of untyped nil" : `can't slice item of type ${typeName(value)}`,
    );
  if (text !== undefined && keys.length === 3) return fail("cannot 3-index slice a string");
  const bytes = text === undefined ? undefined : Buffer.from(text);
  const length = bytes?.length ?? (value as GoSlice).items.length;
  const places = keys.map((key) => position(key, length));
  const [from = 0, to = length] = places;
  if (from > to) return fail(`invalid slice index: ${from} > ${to}`);
  return (
    bytes?.subarray(from, to).toString() ??
    (value as GoSlice).with((value as GoSlice).items.slice(from, to))
  );
}

function lengthOf(value: Value): bigint {
  const text = stringOf(value);
  if (text !== undefined) return BigInt(Buffer.byteLength(text));
  if (value instanceof GoSlice) return BigInt(value.items.length);
  if (value instanceof GoMap) return BigInt(value.entries.size);
  if (value === undefined) return fail("len of nil pointer");
  return fail(`len of type ${typeName(value)}`);
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": "\ufffd",
};
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'\0]/g, (char) => HTML[char] ?? char);

const SCRIPT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
  "\n": "\\u000A",
  "\r": "\\u000D",
};
/** Makes text safe inside of a string of JavaScript. */
export const escapeScript = (text: string): string =>
  text.replace(/[\\'"<>&=\p{Cc}\u2028\u2029]/gu, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return SCRIPT[char] ?? `\\u${code}`;
  });

/** Go's QueryEscape: a space is a plus. */
export const escapeQuery = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"))
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const joined = (args: readonly Value[]): string =>
  args.length === 1 ? (stringOf(args[0]) ?? printValue(args[0])) : sprint(args);

/** These look at their arguments one by one and stop early, so that the evaluator calls them itself. */
export const EARLY_FUNCTIONS: ReadonlySet<string> = new Set(["and", "or"]);

/** Functions that every template has, besides {@link EARLY_FUNCTIONS}. */
export function builtins(maxOutputLength: number, html: boolean): Map<string, GoFunction> {
  return new Map<string, GoFunction>([
    ["not", { parameters: [ANY], call: ([value]) => !isTrue(value) }],
    ["eq", withFirst((first, rest) => isEqualToAny([first, ...rest]))],
    ["ne", pair((a, b) => !isEqual(a, b))],
    ["lt", pair((a, b) => isLess(a, b))],
    ["le", pair((a, b) => isLess(a, b) || isEqual(a, b))],
    ["gt", pair((a, b) => !isLess(a, b) && !isEqual(a, b))],
    ["ge", pair((a, b) => !isLess(a, b))],
    ["index", withFirst(index)],
    ["slice", withFirst(slice)],
    ["len", { parameters: [ANY], call: ([value]) => lengthOf(value) }],
    ["print", variadic(sprint)],
    ["println", variadic(sprintln)],
    [
      "printf",
      {
        parameters: [STRING, ANY],
        variadic: true,
        call: ([format, ...rest]) => sprintf(stringOf(format) ?? "", rest, maxOutputLength),
      },
    ],
    [
      "html",
      variadic((args) =>
        html ? new SafeText("html", escapeHtml(joined(args))) : escapeHtml(joined(args)),
      ),
    ],
    ["js", variadic((args) => escapeScript(joined(args)))],
    [
      "urlquery",
      variadic((args) =>
        html ? new SafeText("urlquery", escapeQuery(joined(args))) : escapeQuery(joined(args)),
      ),
    ],
    [
      "call",
      withFirst((first) =>
        fail(first === undefined ? "call of nil" : `non-function of type ${typeName(first)}`),
      ),
    ],
  ]);
}
