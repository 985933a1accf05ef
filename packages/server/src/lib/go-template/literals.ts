import type { NumberNode } from "./ast.ts";

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};
const ESCAPE =
  /\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/gy;

/** The character of a number in hexadecimal or octal digits; undefined when there is none. */
function numbered(hex: string | undefined, octal: string | undefined): string | undefined {
  const code = octal === undefined ? Number.parseInt(hex ?? "", 16) : Number.parseInt(octal, 8);
  const limit = octal === undefined ? 0x10_ff_ff : 255;
  return code <= limit ? String.fromCodePoint(code) : undefined;
}

/** Text of a Go string or character literal without its quotes; undefined when an escape is wrong. */
function unescape(body: string, quote: string): string | undefined {
  let result = "";
  for (let at = 0; at < body.length;) {
    const next = body.indexOf("\\", at);
    if (next < 0) return result + body.slice(at);
    result += body.slice(at, next);
    ESCAPE.lastIndex = next;
    const found = ESCAPE.exec(body);
    if (!found) return undefined;
    const [all, simple, hex, short, long, octal] = found;
    const isOtherQuote = (simple === "'" || simple === '"') && simple !== quote;
    const char = simple === undefined ? numbered(hex ?? short ?? long, octal) : SIMPLE[simple];
    if (char === undefined || isOtherQuote) return undefined;
    result += char;
    at = next + all.length;
  }
  return result;
}

/** The value of `"…"`, or undefined when it is not valid. */
export const unquoteString = (text: string): string | undefined => unescape(text.slice(1, -1), '"');

const DECIMAL = /^[+-]?(?:0|[1-9](?:_?[0-9])*)$/;
const BASED = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+)$/;
const FLOAT =
  /^[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9]+)?$/;
const MAX_INT = 2n ** 63n;

const inRange = (value: bigint): bigint | undefined =>
  value >= -MAX_INT && value < MAX_INT ? value : undefined;

/** Go takes `0x_ff` as `0xff`, and `017` as `0o17`. */
function basedValue(text: string): bigint | undefined {
  const found = BASED.exec(text);
  if (!found) return undefined;
  const digits = (found[2] ?? "").replaceAll("_", "");
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return found[1] === "-" ? -value : value;
}

type Constant = Pick<NumberNode, "int" | "float" | "ideal">;

/** A number of a template as Go reads it; undefined when it is none, or too large for 64 bits. */
export function readNumber(text: string): Constant | undefined {
  const whole = DECIMAL.test(text) ? BigInt(text.replaceAll("_", "")) : basedValue(text);
  if (whole !== undefined) {
    const int = inRange(whole);
    return int === undefined ? undefined : { int, float: Number(int), ideal: int };
  }
  if (!FLOAT.test(text)) return undefined;
  const float = Number(text.replaceAll("_", ""));
  if (!Number.isFinite(float)) return undefined;
  const int = Number.isInteger(float) ? inRange(BigInt(float)) : undefined;
  return { int, float, ideal: float };
}

/** A character is the number of its code point. */
export function readCharacter(text: string): Constant | undefined {
  const char = unescape(text.slice(1, -1), "'");
  if (char === undefined || [...char].length !== 1) return undefined;
  const int = BigInt(char.codePointAt(0) ?? 0);
  return { int, float: Number(int), ideal: int };
}
