import { placeOf, TemplateError } from "./errors.ts";

export type TokenKind =
  | "text"
  | "left"
  | "right"
  | "space"
  | "identifier"
  | "keyword"
  | "field"
  | "variable"
  | "dot"
  | "nil"
  | "bool"
  | "number"
  | "char"
  | "string"
  | "raw"
  | "pipe"
  | "("
  | ")"
  | "="
  | ":="
  | ","
  | "end";

export interface Token {
  kind: TokenKind;
  text: string;
  start: number;
}

const LEFT = "{{";
const RIGHT = "}}";
const KEYWORDS = new Set("block break continue define else end if range template with".split(" "));

const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]*/uy;
const ALPHANUMERIC = /[\p{L}\p{Nd}_]/u;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_.]*(?:[pP][+-]?[0-9_]*)?|[0-9_.]*(?:[eEpP][+-]?[0-9_]*)?|)[\p{L}\p{Nd}_]*/uy;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])*'/y;

const shownCharacter = (char: string): string => {
  const code = char.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")} '${char}'`;
};

/** Cuts a template into tokens: text, and what is between `{{` and `}}`. */
class Lexer {
  private readonly name: string;
  private readonly text: string;
  private at = 0;
  private parentheses = 0;
  readonly tokens: Token[] = [];

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  private fail(message: string, offset = this.at): never {
    const place = placeOf(this.name, this.text, offset);
    throw new TemplateError("parse", place, `template: ${this.name}:${place.line}: ${message}`);
  }

  private add(kind: TokenKind, end: number): void {
    this.tokens.push({ kind, text: this.text.slice(this.at, end), start: this.at });
    this.at = end;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  run(): Token[] {
    let trims = false;
    for (;;) {
      const open = this.text.indexOf(LEFT, this.at);
      const end = open < 0 ? this.text.length : open;
      this.literal(end, trims, open >= 0 && this.trimsLeft(open));
      if (open < 0) break;
      this.at = open;
      trims = this.action();
    }
    this.add("end", this.at);
    return this.tokens;
  }

  private trimsLeft(open: number): boolean {
    return this.text[open + 2] === "-" && SPACE.test(this.text[open + 3] ?? "");
  }

  private literal(end: number, trimStart: boolean, trimEnd: boolean): void {
    let from = this.at;
    let to = end;
    while (trimStart && from < to && SPACE.test(this.text[from] ?? "")) from++;
    while (trimEnd && to > from && SPACE.test(this.text[to - 1] ?? "")) to--;
    if (to > from) this.tokens.push({ kind: "text", text: this.text.slice(from, to), start: from });
    this.at = end;
  }

  /** Reads one action; true when the text after it loses the white space it begins with. */
  private action(): boolean {
    const open = this.at;
    const skip = this.trimsLeft(open) ? 4 : 2;
    if (this.text.startsWith("/*", open + skip)) return this.comment(open + skip);
    this.parentheses = 0;
    this.add("left", open + 2);
    this.at = open + skip - (skip === 4 ? 1 : 0);
    for (;;) {
      const trims =
        SPACE.test(this.text[this.at] ?? "") && this.text.startsWith(`-${RIGHT}`, this.at + 1);
      if (trims || this.text.startsWith(RIGHT, this.at)) {
        if (this.parentheses > 0) this.fail("unclosed left paren");
        if (trims) this.at += 2;
        this.add("right", this.at + 2);
        return trims;
      }
      if (this.at >= this.text.length) this.fail("unclosed action", open);
      this.inside();
    }
  }

  private comment(start: number): boolean {
    const close = this.text.indexOf("*/", start);
    if (close < 0) this.fail("unclosed comment", start);
    const after = close + 2;
    const trims =
      SPACE.test(this.text[after] ?? "") && this.text.startsWith(`-${RIGHT}`, after + 1);
    if (!trims && !this.text.startsWith(RIGHT, after))
      this.fail("comment ends before closing delimiter", after);
    this.at = after + (trims ? 4 : 2);
    return trims;
  }

  private inside(): void {
    const char = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    if (SPACE.test(char)) return this.space();
    if (/[0-9+-]/.test(char) || (char === "." && /[0-9]/.test(this.text[this.at + 1] ?? "")))
      return this.number();
    if (ALPHANUMERIC.test(char)) return this.word("identifier", 0);
    switch (char) {
      case ".":
        return this.word("field", 1);
      case "$":
        return this.word("variable", 1);
      case '"':
        return this.quoted("string", STRING, "unterminated quoted string");
      case "'":
        return this.quoted("char", CHAR, "unterminated character constant");
      case "`":
        return this.raw();
      default:
        return this.sign(char);
    }
  }

  /** Takes white space, but not that before the minus of `-}}`. */
  private space(): void {
    let end = this.at;
    while (SPACE.test(this.text[end] ?? "")) end++;
    if (this.text.startsWith(`-${RIGHT}`, end)) end--;
    this.add("space", end);
  }

  private sign(char: string): void {
    const declares = this.text.startsWith(":=", this.at);
    if (char === ":" && !declares) this.fail("expected :=");
    const kind = declares ? ":=" : char === "|" ? "pipe" : char;
    if (kind === "(") this.parentheses++;
    if (kind === ")" && --this.parentheses < 0) this.fail("unexpected right paren");
    if (!declares && !"=|(),".includes(char)) {
      if (/[!-~]/.test(char)) this.fail(`unexpected ${JSON.stringify(char)} in command`);
      this.fail(`unrecognized character in action: ${shownCharacter(char)}`);
    }
    this.add(kind as TokenKind, this.at + (declares ? 2 : 1));
  }

  /** Whether a word may end before this place. */
  private terminates(offset: number): boolean {
    const char = this.text[offset];
    return char === undefined || /[\s.,|:()]/.test(char) || this.text.startsWith(RIGHT, offset);
  }

  private word(kind: "identifier" | "field" | "variable", prefix: number): void {
    WORD.lastIndex = this.at + prefix;
    const end = this.at + prefix + (WORD.exec(this.text)?.[0].length ?? 0);
    if (!this.terminates(end)) {
      const char = String.fromCodePoint(this.text.codePointAt(end) ?? 0);
      this.fail(`bad character ${shownCharacter(char)}`, end);
    }
    const text = this.text.slice(this.at, end);
    if (kind === "field") return this.add(text === "." ? "dot" : "field", end);
    if (kind === "variable") return this.add("variable", end);
    if (text === "true" || text === "false") return this.add("bool", end);
    if (text === "nil") return this.add("nil", end);
    return this.add(KEYWORDS.has(text) ? "keyword" : "identifier", end);
  }

  private number(): void {
    const text = this.match(NUMBER) ?? "";
    if (text.length === 0 || text === "+" || text === "-")
      this.fail(`bad number syntax: ${JSON.stringify(this.text[this.at])}`);
    this.add("number", this.at + text.length);
  }

  private quoted(kind: "string" | "char", pattern: RegExp, message: string): void {
    const text = this.match(pattern);
    if (text === undefined) this.fail(message);
    this.add(kind, this.at + text.length);
  }

  private raw(): void {
    const close = this.text.indexOf("`", this.at + 1);
    if (close < 0) this.fail("unterminated raw quoted string");
    this.add("raw", close + 1);
  }
}

/** @throws TemplateError */
export const lexTemplate = (name: string, text: string): Token[] => new Lexer(name, text).run();
