import type { MatchOperator } from "./selector.ts";

/** A matcher before its regular expression is looked at. */
interface MatcherParts {
  name: string;
  operator: MatchOperator;
  value: string;
}

const SPACES = /[\s\u0085]*/uy;
const OPERATOR = /=~|!~|!=|=/y;
const QUOTED = /"(?:[^"\\]|\\[^])*"/uy;
const UNQUOTED = /[^\s\u0085{}!=~,\\"'`]+/uy;

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  '"': 34,
};

/** An escape of Go, from behind its backslash: single bytes, or code points. */
const ESCAPE = /([abfnrtv\\"])|([0-3][0-7]{2})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})/y;

function readEscape(text: string, at: number): { bytes: Buffer; end: number } | undefined {
  ESCAPE.lastIndex = at;
  const found = ESCAPE.exec(text);
  if (!found) return undefined;
  const [whole, simple, octal, byte, short, long] = found;
  const end = at + whole.length;
  if (simple !== undefined) return { bytes: Buffer.from([SIMPLE_ESCAPES[simple] ?? 0]), end };
  if (octal !== undefined) return { bytes: Buffer.from([Number.parseInt(octal, 8)]), end };
  if (byte !== undefined) return { bytes: Buffer.from([Number.parseInt(byte, 16)]), end };
  const point = Number.parseInt(short ?? long ?? "", 16);
  if (point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff)) return undefined;
  return { bytes: Buffer.from(String.fromCodePoint(point)), end };
}

/** What Go's `strconv.Unquote` makes of a text in double quotes; undefined where it refuses it, or it is not UTF-8. */
function unquote(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1);
  if (inner.includes("\n")) return undefined;
  if (!inner.includes("\\")) return inner;
  const pieces: Buffer[] = [];
  let at = 0;
  while (at < inner.length) {
    const next = inner.indexOf("\\", at);
    const plainEnd = next < 0 ? inner.length : next;
    pieces.push(Buffer.from(inner.slice(at, plainEnd)));
    if (next < 0) break;
    const escape = readEscape(inner, next + 1);
    if (escape === undefined) return undefined;
    pieces.push(escape.bytes);
    at = escape.end;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
  } catch {
    return undefined;
  }
}

/** Reads tokens from left to right, skipping the space before each. */
class TokenReader {
  private position = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  private skipSpace(): void {
    SPACES.lastIndex = this.position;
    this.position += SPACES.exec(this.text)?.[0].length ?? 0;
  }

  take(pattern: RegExp): string | undefined {
    this.skipSpace();
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  /** A name or a value, with or without quotes. */
  word(): string | undefined {
    const quoted = this.take(QUOTED);
    return quoted === undefined ? this.take(UNQUOTED) : unquote(quoted);
  }

  get atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.text.length;
  }
}

const OPEN = /\{/y;
const CLOSE = /\}/y;
const COMMA = /,/y;

function readMatcher(reader: TokenReader): MatcherParts | undefined {
  const name = reader.word();
  if (name === undefined) return undefined;
  const operator = reader.take(OPERATOR) as MatchOperator | undefined;
  if (operator === undefined) return undefined;
  const value = reader.word();
  return value === undefined ? undefined : { name, operator, value };
}

/** Matchers in the syntax of Alertmanager 0.27, whose names may be any UTF-8; undefined for a text that is not in it. */
export function parseUtf8Matchers(text: string): MatcherParts[] | undefined {
  const reader = new TokenReader(text);
  const braces = reader.take(OPEN) !== undefined;
  const matchers: MatcherParts[] = [];
  for (;;) {
    if (braces && reader.take(CLOSE) !== undefined) break;
    if (!braces && reader.atEnd) return matchers;
    const matcher = readMatcher(reader);
    if (matcher === undefined) return undefined;
    matchers.push(matcher);
    if (reader.take(COMMA) !== undefined) continue;
    if (!braces) return reader.atEnd ? matchers : undefined;
    if (reader.take(CLOSE) === undefined) return undefined;
    break;
  }
  return reader.atEnd ? matchers : undefined;
}
