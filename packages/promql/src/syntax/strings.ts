import { LiteralError } from "./error.ts";

const simple: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 };
const encoder = new TextEncoder();
const widths: Record<string, number> = { x: 2, u: 4, U: 8 };

/** One escape of a quoted string: a byte (`\x`, octal) or a code point, and where it ends. */
interface Escape {
  value: number;
  byte: boolean;
  end: number;
}

/**
 * Reads a string literal with its quotes as Go does: back-quoted text is verbatim, otherwise `\a \b \f \n \r \t \v \\`,
 * the quote itself, three octal digits, `\xHH`, `\uHHHH` and `\UHHHHHHHH`. Bytes that are no UTF-8 together become
 * U+FFFD, as a JavaScript string cannot hold them.
 */
export function unquote(literal: string): string {
  const body = literal.slice(1, -1);
  const quote = literal[0] ?? "";
  if (/\uFFFD|\p{Cs}/u.test(body)) throw new LiteralError("invalid UTF-8 rune");
  if (quote === "`" || !body.includes("\\")) return body;
  const bytes: number[] = [];
  const put = (text: string): void => {
    for (const byte of encoder.encode(text)) bytes.push(byte);
  };
  let from = 0;
  for (let at = body.indexOf("\\"); at >= 0; at = body.indexOf("\\", from)) {
    put(body.slice(from, at));
    const escape = readEscape(body, at + 1, quote);
    if (escape.byte) bytes.push(escape.value);
    else put(String.fromCodePoint(escape.value));
    from = escape.end;
  }
  put(body.slice(from));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function readEscape(body: string, at: number, quote: string): Escape {
  const letter = body[at] ?? "";
  const known = letter === quote ? quote.charCodeAt(0) : simple[letter];
  if (known !== undefined) return { value: known, byte: false, end: at + 1 };
  if (/[0-7]/.test(letter)) return digits(body, at, 3, 8, true);
  const width = widths[letter];
  if (width === undefined) throw new LiteralError(`unknown escape sequence "\\${letter}"`);
  return digits(body, at + 1, width, 16, letter === "x");
}

function digits(body: string, at: number, width: number, base: number, byte: boolean): Escape {
  const text = body.slice(at, at + width);
  const valid = base === 8 ? /^[0-7]*$/ : /^[0-9a-fA-F]*$/;
  if (text.length < width || !valid.test(text)) {
    throw new LiteralError(`escape sequence needs ${width} digits in base ${base}, got "${text}"`);
  }
  const value = Number.parseInt(text, base);
  const surrogate = value >= 0xd800 && value < 0xe000;
  if (value > (byte ? 255 : 0x10ffff) || surrogate) {
    throw new LiteralError("escape sequence is an invalid Unicode code point");
  }
  return { value, byte, end: at + width };
}

const short: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Writes text as a double-quoted Go literal; what cannot be printed is escaped. */
export function quote(text: string): string {
  const body = text.replace(/[\\"]|[^\P{C}]|[^ \P{Z}]|\uFFFD/gu, (char) => {
    const known = short[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
    return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
  return `"${body}"`;
}
