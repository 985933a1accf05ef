import { printFloat } from "./float.ts";
import { GoMap, GoSlice, GoStruct, typeName, type Value } from "./values.ts";

/** Values inside of one another that are printed. */
const MAX_PRINT_DEPTH = 20;

export interface PrintStyle {
  /** `%+v` names the fields of structs. */
  names?: boolean;
  /** How a leaf is written; `%v` otherwise. */
  leaf?: (value: string | number | bigint | boolean) => string;
}

/** What Go shows as it is: letters, marks, numbers, punctuation, symbols and the plain space. */
export const isPrintable = (char: string): boolean => /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char);

/** A text as a literal of Go; with `ascii`, whatever is beyond ASCII is written by its number. */
export function quoteGo(text: string, delimiter = '"', ascii = false): string {
  let result = delimiter;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === delimiter || char === "\\") result += `\\${char}`;
    else if (SIMPLE[char] !== undefined) result += SIMPLE[char];
    else if (code < 0x20 || code === 0x7f) result += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (isPrintable(char) && !(ascii && code > 0x7f)) result += char;
    else if (code < 0x1_00_00) result += `\\u${code.toString(16).padStart(4, "0")}`;
    else result += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return result + delimiter;
}

const SIMPLE: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function printLeaf(value: string | number | bigint | boolean): string {
  return typeof value === "number" ? printFloat(value) : String(value);
}

/** A value as `%v` prints it: lists in brackets, maps by their sorted keys. */
export function printValue(value: Value, style: PrintStyle = {}, depth = 0): string {
  if (depth > MAX_PRINT_DEPTH) return "...";
  if (value === undefined) return "<nil>";
  if (typeof value !== "object") return (style.leaf ?? printLeaf)(value);
  const own = value.text();
  if (own !== undefined) return (style.leaf ?? printLeaf)(own);
  const inner = (item: Value) => printValue(item, style, depth + 1);
  if (value instanceof GoSlice) return `[${value.items.map(inner).join(" ")}]`;
  if (value instanceof GoMap) {
    const pairs = value.sortedKeys().map((key) => {
      const shown = style.leaf === undefined ? key : style.leaf(key);
      return `${shown}:${inner(value.get(key))}`;
    });
    return `map[${pairs.join(" ")}]`;
  }
  if (value instanceof GoStruct) {
    const parts = [...value.fields].map(([name, item]) =>
      style.names ? `${name}:${inner(item)}` : inner(item),
    );
    return `{${parts.join(" ")}}`;
  }
  return typeName(value);
}

/** Go's Sprint: a space between two operands when neither is a string. */
export function sprint(values: readonly Value[]): string {
  let result = "";
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== "string" && typeof values[index - 1] !== "string")
      result += " ";
    result += printValue(value);
  }
  return result;
}

export const sprintln = (values: readonly Value[]): string =>
  `${values.map((value) => printValue(value)).join(" ")}\n`;
