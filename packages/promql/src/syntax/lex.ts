import { LiteralError, PromQLError } from "./error.ts";
import { isDurationText, parseDuration, parseNumber } from "./literals.ts";
import { quote, unquote } from "./strings.ts";

/** Longest text that is parsed, in UTF-16 units. */
export const MAX_LENGTH = 262_144;
/** How deep parentheses, braces and brackets may nest. */
export const MAX_NESTING = 200;
/** How many operators, signs, ranges and postfix modifiers one expression may have: they bound the depth of the tree. */
export const MAX_OPERATORS = 300;

export interface Token {
  kind: "number" | "string" | "word" | "symbol";
  start: number;
  end: number;
  text: string;
}

const symbols = ["==", "!=", "<=", ">=", "=~", "!~", "</", ">/", ..."+-*/%^<>=@,(){}[]"];
/** Inside of braces `==` is twice `=`. */
const braceSymbols = ["!=", "=~", "!~", "=", ",", "(", ")", "{", "}", "[", "]"];
const binaryWords = new Set(["and", "or", "unless", "atan2"]);
const postfixWords = new Set(["offset", "anchored", "smoothed"]);
const matchingWords = new Set([
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "fill",
  "fill_left",
  "fill_right",
]);
const durationWords = new Set(["step", "range", "min_of", "max_of"]);
const closing: Record<string, string> = { "(": ")", "{": "}", "[": "]" };
const bracketNames: Record<string, string> = {
  "(": "left parenthesis",
  "{": "left brace",
  "[": "left bracket",
  ")": "right parenthesis",
  "}": "right brace",
  "]": "right bracket",
};

interface Open {
  symbol: string;
  /** Opened by `on`, `group_left`, `fill` and the like: an operand comes after it. */
  matching: boolean;
  /** What is inside is a length of time. */
  duration: boolean;
}

/** Functions that the grammar knows only in lengths of time; elsewhere it reads another function of as many letters. */
const spelledAs: Readonly<Record<string, string>> = { min_of: "minute", max_of: "minute" };

/**
 * Splits an expression into tokens, checks every literal, and writes `text` into `plain`: a text of the same length in which
 * literals, comments and keywords used as metric names are spelled so that the official grammar reads them.
 */
export class Lexer {
  readonly text: string;
  readonly tokens: Token[] = [];
  private at = 0;
  private plainParts: string[] = [];
  private opened: Open[] = [];
  private operandNext = true;
  private operators = 0;
  /** Index of the token that is the last keyword `offset`. */
  private offsetToken = -1;
  /** A word of a length of time was the last token. */
  private durationWord = false;

  constructor(text: string) {
    this.text = text;
  }

  /** `failure` is what stopped the lexer; the grammar may have given up before that place. */
  run(): { tokens: Token[]; plain: string; failure: PromQLError | undefined } {
    let failure: PromQLError | undefined;
    try {
      this.readAll();
    } catch (error) {
      if (!(error instanceof PromQLError)) throw error;
      failure = error;
    }
    return { tokens: this.tokens, plain: this.plainParts.join(""), failure };
  }

  private readAll(): void {
    if (this.text.length > MAX_LENGTH) {
      this.fail(0, this.text.length, `expression is longer than ${MAX_LENGTH} characters`);
    }
    while (this.at < this.text.length) this.next();
    const last = this.opened.at(-1);
    if (!last) return;
    const reason =
      last.symbol === "{"
        ? "unexpected end of input inside braces"
        : `unclosed ${bracketNames[last.symbol] ?? ""}`;
    this.fail(this.at, this.at, reason);
  }

  private fail(start: number, end: number, reason: string): never {
    throw new PromQLError(this.text, start, end, reason);
  }

  private next(): void {
    const char = this.text[this.at] ?? "";
    if (" \t\n\r".includes(char)) return this.blank(this.at + 1, char);
    if (char === "#") {
      const end = this.text.indexOf("\n", this.at);
      return this.blank(end < 0 ? this.text.length : end);
    }
    if (/^\.?[0-9]/.test(this.text.slice(this.at, this.at + 2))) return this.number();
    if (/["'`]/.test(char)) return this.string(char);
    const colons = this.opened.at(-1)?.symbol !== "{" && !this.inBrackets();
    if (/[a-zA-Z_]/.test(char) || (char === ":" && colons)) return this.word(colons);
    return this.sign(char);
  }

  private sign(char: string): void {
    const inside = this.opened.at(-1)?.symbol;
    if (char === ":" && inside === "[") return this.emit("symbol", this.at + 1, ":", true);
    const known = inside === "{" ? braceSymbols : symbols;
    const symbol = known.find((one) => this.text.startsWith(one, this.at));
    if (symbol === undefined) return this.unknown(inside === "{");
    if (inside !== "{" && (symbol === "=~" || symbol === "!~")) {
      const reason = `unexpected character after '${char}': '~'`;
      return this.fail(this.at, this.text.length, reason);
    }
    if ("({[".includes(symbol)) return this.open(symbol);
    if (")}]".includes(symbol)) return this.close(symbol);
    if (symbol !== "," && inside !== "{") this.countOperator();
    return this.emit("symbol", this.at + symbol.length, symbol, true);
  }

  private unknown(inBraces: boolean): never {
    const end = this.text.length;
    if (inBraces)
      return this.fail(
        this.at,
        end,
        `unexpected character inside braces: ${this.quotedAt(this.at)}`,
      );
    if (this.text[this.at] === "!")
      return this.fail(
        this.at,
        end,
        `unexpected character after '!': ${this.quotedAt(this.at + 1)}`,
      );
    return this.fail(this.at, this.at + 1, `unexpected character: ${this.quotedAt(this.at)}`);
  }

  /** The character as Go's `%q` writes a rune; past the end of the text it is the one for errors. */
  private quotedAt(at: number): string {
    const char = String.fromCodePoint(this.text.codePointAt(at) ?? 0xfffd);
    if (char === "\uFFFD" || char === '"') return `'${char}'`;
    return char === "'" ? "'\\''" : `'${quote(char).slice(1, -1)}'`;
  }

  private blank(end: number, fill = ""): void {
    this.plainParts.push(fill || " ".repeat(end - this.at));
    this.at = end;
  }

  private emit(kind: Token["kind"], end: number, plain: string, operandNext: boolean): void {
    const text = this.text.slice(this.at, end);
    this.tokens.push({ kind, start: this.at, end, text });
    this.plainParts.push(plain);
    this.at = end;
    this.operandNext = operandNext;
    this.durationWord = false;
  }

  private number(): void {
    const pattern = /[0-9a-zA-Z_.]*/y;
    pattern.lastIndex = this.at;
    let text = pattern.exec(this.text)?.[0] ?? "";
    const end = this.at + text.length;
    if (/^[0-9_.]+[eE]$/.test(text) && /[+-]/.test(this.text[end] ?? "")) {
      pattern.lastIndex = end + 1;
      text = this.text.slice(this.at, end + 1) + (pattern.exec(this.text)?.[0] ?? "");
    }
    this.checked(this.at + text.length, () =>
      isDurationText(text) ? parseDuration(text) : parseNumber(text),
    );
    this.emit("number", this.at + text.length, "1".repeat(text.length), false);
  }

  private string(quote: string): void {
    let end = this.at + 1;
    for (; this.text[end] !== quote; end++) {
      const char = this.text[end];
      if (char === undefined || (char === "\n" && quote !== "`")) {
        const what = quote === "`" ? "raw" : "quoted";
        this.fail(this.at, end, `unterminated ${what} string`);
      }
      if (char === "\\" && quote !== "`") {
        end++;
        if (end === this.text.length) this.fail(this.at, end, "escape sequence not terminated");
      }
    }
    end++;
    this.checked(end, () => unquote(this.text.slice(this.at, end)));
    this.emit("string", end, `"${"x".repeat(end - this.at - 2)}"`, false);
  }

  private checked(end: number, read: () => unknown): void {
    try {
      read();
    } catch (error) {
      if (error instanceof LiteralError) this.fail(this.at, end, error.message);
      throw error;
    }
  }

  private word(colons: boolean): void {
    const pattern = colons ? /[a-zA-Z0-9_:]+/y : /[a-zA-Z0-9_]+/y;
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0] ?? "";
    const lower = text.toLowerCase();
    const end = this.at + text.length;
    if (this.inBrackets()) return this.bracketWord(text, end);
    if (this.opened.at(-1)?.symbol === "{") return this.emit("word", end, text, false);
    const duration = this.inDuration();
    if (this.operandNext && !duration) {
      const stays = lower === "bool" || (matchingWords.has(lower) && !lower.startsWith("fill"));
      return this.emit("word", end, this.operandWord(text, end), stays);
    }
    if (lower === "offset") this.offsetToken = this.tokens.length;
    if (binaryWords.has(lower) || postfixWords.has(lower)) this.countOperator();
    this.emit("word", end, text, binaryWords.has(lower));
    this.durationWord = duration;
  }

  /** A word that begins an operand, spelled for the grammar. */
  private operandWord(text: string, end: number): string {
    if (text.toLowerCase() === "offset") return "offse_";
    // The grammar looks for its keywords in plain objects, which have these words without being asked.
    if (text.toLowerCase() in Object.prototype) return "m".repeat(text.length);
    if (!Object.hasOwn(spelledAs, text)) return text;
    const call = /(?:[ \t\r\n]|#[^\n]*\n)*\(/y;
    call.lastIndex = end;
    return call.test(this.text) ? (spelledAs[text] ?? text) : text;
  }

  /** Whether a length of time stands here: after `offset`, with or without a sign, and in parentheses there. */
  private inDuration(): boolean {
    if (this.durationWord || this.opened.at(-1)?.duration === true) return true;
    let at = this.tokens.length - 1;
    while (at > this.offsetToken && /^[+-]$/.test(this.tokens[at]?.text ?? "")) at--;
    return at >= 0 && at === this.offsetToken;
  }

  private bracketWord(text: string, end: number): void {
    const lower = text.toLowerCase();
    if (durationWords.has(lower)) return this.emit("word", end, lower, false);
    const isAfter = this.tokens.at(-1)?.kind === "number";
    const reason = isAfter
      ? `unexpected character: '${text[0] ?? ""}', expected ':'`
      : `unexpected character in duration expression: '${text[0] ?? ""}'`;
    return this.fail(this.at, this.text.length, reason);
  }

  private open(symbol: string): void {
    if (this.opened.length >= MAX_NESTING) {
      const reason = `expression is nested deeper than ${MAX_NESTING} levels`;
      this.fail(this.at, this.at + 1, reason);
    }
    const before = this.tokens.at(-1);
    const matching = before?.kind === "word" && matchingWords.has(before.text.toLowerCase());
    const duration = symbol === "(" && this.inDuration();
    this.opened.push({ symbol, matching: symbol === "(" && matching, duration });
    if (symbol === "[") this.countOperator();
    this.emit("symbol", this.at + 1, symbol, true);
  }

  private close(symbol: string): void {
    const open = this.opened.pop();
    if (closing[open?.symbol ?? ""] !== symbol) {
      if (symbol === "}") this.fail(this.at, this.at + 1, "unexpected character: '}'");
      // Upstream's lexer has gone past the parenthesis when it counts.
      const at = symbol === ")" ? this.at + 1 : this.at;
      this.fail(at, at, `unexpected ${bracketNames[symbol] ?? ""} '${symbol}'`);
    }
    this.emit("symbol", this.at + 1, symbol, open?.matching === true);
  }

  private inBrackets(): boolean {
    return this.opened.some((open) => open.symbol === "[");
  }

  private countOperator(): void {
    this.operators++;
    if (this.operators <= MAX_OPERATORS) return;
    this.fail(this.at, this.at + 1, `expression has more than ${MAX_OPERATORS} operators`);
  }
}
