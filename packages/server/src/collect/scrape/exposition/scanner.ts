import { isUtf8 } from "node:buffer";

import {
  BACKSLASH,
  CLASS,
  CLOSE,
  COMMA,
  EQUAL,
  LABEL_CHAR,
  LABEL_START,
  NEWLINE,
  NUL,
  QUOTE,
  QUOTED_STOP,
  isBlank,
  isClass,
} from "./bytes.ts";
import { ExpositionError } from "./errors.ts";
import { readFloat } from "./number.ts";
import { unescapeText } from "./text-of.ts";

export type MetadataKind = "help" | "type" | "unit";

/** What a parser calls back; offsets are into the bytes that it was given. */
export interface ExpositionSink {
  /**
   * Where the series ends that starts here, if it was read before, byte by byte, and ended in a brace; -1 otherwise. It is
   * then not looked at, and `sample` MUST be the next call about it.
   */
  recognise?(seriesStart: number): number;
  /** One sample of the series written at [seriesStart, seriesEnd); the timestamp is NaN when the page has none. */
  sample(seriesStart: number, seriesEnd: number, value: number, timestampMs: number): void;
  metadata(kind: MetadataKind, name: string, text: string): void;
}

/** In which strings a zero byte or a line break may stand; the lexers of Prometheus differ by place. */
export interface QuotedRules {
  nulls: boolean;
  newlines: boolean;
}

const NAME_RULES: QuotedRules = { nulls: false, newlines: true };

/**
 * The part that both formats share: a position in bytes that end in a line break (so that every loop but those in
 * quoted strings ends there), names, quoted strings and label lists. Prometheus generates its lexers from rules with
 * states; where they read zero bytes in their own way, so does this.
 */
export abstract class Scanner {
  protected readonly bytes: Uint8Array;
  protected readonly end: number;
  protected readonly sink: ExpositionSink;
  protected at = 0;
  /** Whether blanks may stand between the tokens of a label list, and a comma between labels may be missing. */
  protected abstract readonly lenient: boolean;
  protected abstract readonly valueRules: QuotedRules;
  private entryAt = 0;

  constructor(bytes: Uint8Array, sink: ExpositionSink) {
    this.bytes = bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.from("\n")]);
    this.end = this.bytes.length;
    this.sink = sink;
  }

  /** Reads one line or more; false when the page is done. */
  protected abstract readEntry(): boolean;

  /**
   * Reads on for about `entries` lines, so that a caller can let others have a turn; true when the page is done.
   * Throws ExpositionError, also for those that the sink throws about a series, with the line.
   */
  run(entries: number): boolean {
    try {
      for (let left = entries; left > 0; left--) {
        this.entryAt = this.at;
        if (!this.readEntry()) return true;
      }
      return false;
    } catch (error) {
      if (error instanceof ExpositionError && error.line === 0) {
        throw new ExpositionError(this.lineOf(this.entryAt), error.message);
      }
      throw error;
    }
  }

  private lineOf(offset: number): number {
    let line = 1;
    for (let at = 0; at < offset; at++) if (this.bytes[at] === NEWLINE) line++;
    return line;
  }

  /** Says what was expected and shows what is there. */
  protected fail(reason: string): never {
    const shown = Buffer.from(this.bytes.subarray(this.at, Math.min(this.end, this.at + 24)));
    throw new ExpositionError(0, `${reason}, found ${JSON.stringify(shown.toString("utf8"))}`);
  }

  protected skipBlanks(): void {
    while (isBlank(this.bytes[this.at])) this.at++;
  }

  protected skipNulls(): void {
    while (this.bytes[this.at] === NUL) this.at++;
  }

  protected skipClass(bits: number): void {
    const { bytes } = this;
    let at = this.at;
    while (((CLASS[bytes[at] as number] as number) & bits) !== 0) at++;
    this.at = at;
  }

  /** Moves to the first byte of the class. The line break at the end MUST be in it. */
  protected skipTo(bits: number): void {
    const { bytes } = this;
    let at = this.at;
    while (((CLASS[bytes[at] as number] as number) & bits) === 0) at++;
    this.at = at;
  }

  /** Moves behind the quoted string that starts here; true when it holds bytes beyond ASCII. */
  protected skipQuoted(rules: QuotedRules): boolean {
    const { bytes, end } = this;
    let at = this.at + 1;
    let seen = 0;
    for (;;) {
      const byte = bytes[at] as number;
      if (((CLASS[byte] as number) & QUOTED_STOP) === 0) {
        seen |= byte;
        at++;
        continue;
      }
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        at++;
        while (rules.nulls && bytes[at] === NUL) at++;
        if (bytes[at] === NEWLINE || bytes[at] === NUL) this.fail("unfinished escape in");
        seen |= bytes[at] as number;
      } else if (byte === NUL) {
        if (!rules.nulls) this.fail("zero byte in");
      } else if (!rules.newlines || at + 1 >= end) {
        this.fail("expected a closing quote");
      }
      at++;
    }
    this.at = at + 1;
    if (rules.nulls) this.skipNulls();
    return seen > 127;
  }

  protected isValidUtf8(start: number, end: number): boolean {
    return isUtf8(this.bytes.subarray(start, end));
  }

  /** The metric of a metadata line, quoted or not. */
  protected readMetadataName(start: number, chars: number, what: string): string {
    const first = this.bytes[this.at];
    if (first === QUOTE) {
      const from = this.at;
      this.skipQuoted(NAME_RULES);
      return unescapeText(this.bytes, from + 1, this.at - 1);
    }
    if (!isClass(first, start)) this.fail(`expected a metric name after ${what}`);
    const from = this.at;
    this.skipClass(chars);
    return unescapeText(this.bytes, from, this.at);
  }

  private peek(): number {
    if (this.lenient) this.skipBlanks();
    return this.bytes[this.at] as number;
  }

  protected skipLabelName(byte: number, rules: QuotedRules): void {
    if (byte === QUOTE) this.skipQuoted(rules);
    else if (isClass(byte, LABEL_START)) this.skipClass(LABEL_CHAR);
    else this.fail("expected a label name");
  }

  protected skipLabelValue(rules: QuotedRules): void {
    const { bytes } = this;
    if (this.lenient && isBlank(bytes[this.at])) {
      while (isBlank(bytes[this.at]) || bytes[this.at] === NUL) this.at++;
    }
    if (bytes[this.at] !== QUOTE) this.fail("expected a label value");
    const from = this.at;
    if (this.skipQuoted(rules) && !this.isValidUtf8(from, this.at)) {
      this.at = from;
      this.fail("the label value is not valid UTF-8");
    }
  }

  /** Reads a label list behind its brace; a quoted name alone in it is the metric's. */
  protected skipLabels(hasName: boolean): void {
    let named = hasName;
    let byte = this.peek();
    while (byte !== CLOSE) {
      const quoted = byte === QUOTE;
      this.skipLabelName(byte, NAME_RULES);
      byte = this.peek();
      if (quoted && (byte === COMMA || byte === CLOSE)) {
        if (named) this.fail("the metric name is there already");
        named = true;
      } else {
        if (byte !== EQUAL) this.fail("expected an equals sign");
        this.at++;
        this.skipLabelValue(this.valueRules);
        byte = this.peek();
        if (byte !== COMMA && byte !== CLOSE && !this.lenient) {
          this.fail("expected a comma or a closing brace");
        }
      }
      if (byte === COMMA) {
        this.at++;
        byte = this.peek();
      }
    }
    this.at++;
    if (!named) this.fail("the metric name is missing before");
  }

  protected floatBetween(start: number, end: number, what: string): number {
    const value = readFloat(this.bytes, start, end);
    if (value === undefined) {
      this.at = start;
      this.fail(`expected a number as ${what}`);
    }
    return value;
  }
}
