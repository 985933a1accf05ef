import {
  DIGIT,
  HASH,
  METRIC_CHAR,
  METRIC_START,
  NEWLINE,
  NUL,
  OPEN,
  TEXT_VALUE_END,
  isBlank,
  isClass,
} from "./bytes.ts";
import { readInteger } from "./number.ts";
import { Scanner, type QuotedRules } from "./scanner.ts";
import { unescapeHelp } from "./text-of.ts";

const TYPES = new Map([
  ["counter", "counter"],
  ["gauge", "gauge"],
  ["histogram", "histogram"],
  ["summary", "summary"],
  ["untyped", "unknown"],
]);

const HELP = Buffer.from("HELP");
const TYPE = Buffer.from("TYPE");

/** Prometheus text format 0.0.4 with the quoted names of 1.0.0. */
export class TextScanner extends Scanner {
  protected readonly lenient = true;
  protected readonly valueRules: QuotedRules = { nulls: true, newlines: true };

  protected readEntry(): boolean {
    const { bytes } = this;
    if (this.at >= this.end) return false;
    const start = this.at;
    this.skipBlanks();
    const byte = bytes[this.at] as number;
    if (byte === NEWLINE) {
      this.at++;
      return true;
    }
    // A zero byte where a line starts is the end of the page for the lexer of Prometheus.
    if (byte === NUL) return false;
    if (byte === HASH) return this.readComment();
    this.readSample(start, byte);
    return true;
  }

  private readSample(start: number, first: number): void {
    const { bytes } = this;
    let seriesEnd = this.at === start ? (this.sink.recognise?.(start) ?? -1) : -1;
    if (seriesEnd > 0) {
      this.at = seriesEnd;
      this.skipBlanks();
      this.readValue(start, seriesEnd);
      return;
    }
    seriesEnd = 0;
    if (isClass(first, METRIC_START)) {
      this.skipClass(METRIC_CHAR);
      seriesEnd = this.at;
      this.skipBlanks();
    } else if (first !== OPEN) {
      this.fail("expected a metric, a comment or an empty line");
    }
    if (bytes[this.at] === OPEN) {
      this.at++;
      this.skipLabels(seriesEnd > 0);
      seriesEnd = this.at;
      this.skipBlanks();
    }
    this.readValue(start, seriesEnd);
  }

  /** Value and timestamp, behind the series and its blanks. */
  private readValue(start: number, seriesEnd: number): void {
    const { bytes } = this;
    const valueStart = this.at;
    this.skipTo(TEXT_VALUE_END);
    if (this.at === valueStart) this.fail("expected a value after the metric");
    const value = this.floatBetween(valueStart, this.at, "value");
    this.skipBlanks();
    const timestampMs = bytes[this.at] === NEWLINE ? Number.NaN : this.readTimestamp();
    this.at++;
    this.sink.sample(start, seriesEnd, value, timestampMs);
  }

  private readTimestamp(): number {
    const start = this.at;
    this.skipClass(DIGIT);
    if (this.at === start) this.fail("expected a timestamp or the end of the line");
    const timestampMs = readInteger(this.bytes, start, this.at);
    if (timestampMs === undefined) this.fail("the timestamp is out of range before");
    this.skipBlanks();
    if (this.bytes[this.at] !== NEWLINE) this.fail("expected the end of the line");
    return timestampMs;
  }

  /** At a hash. Zero bytes end the page unless a first word of the comment came before them. */
  private readComment(): boolean {
    const { bytes } = this;
    this.at++;
    if (!isBlank(bytes[this.at])) return this.skipComment(false);
    this.skipBlanks();
    if (bytes[this.at] === NUL) return false;
    if (this.skipKeyword(HELP)) this.readHelp();
    else if (this.skipKeyword(TYPE)) this.readType();
    else return this.skipComment(true);
    return true;
  }

  private skipComment(nulls: boolean): boolean {
    while (this.bytes[this.at] !== NEWLINE) {
      if (this.bytes[this.at] === NUL && !nulls) return false;
      this.at++;
    }
    return true;
  }

  /** Moves behind the word and its blanks when they are here. */
  private skipKeyword(word: Uint8Array): boolean {
    const { bytes } = this;
    let at = this.at;
    for (const letter of word) {
      if (bytes[at] !== letter) return false;
      at++;
      while (bytes[at] === NUL) at++;
    }
    if (!isBlank(bytes[at])) return false;
    while (isBlank(bytes[at]) || bytes[at] === NUL) at++;
    this.at = at;
    return true;
  }

  /** Start of the text behind a metadata name; the end is the line break at `this.at`. */
  private readRest(): number {
    const { bytes } = this;
    if (bytes[this.at] === NUL) this.fail("expected text");
    const start = this.at;
    let blank = true;
    for (; bytes[this.at] !== NEWLINE; this.at++) {
      blank &&= isBlank(bytes[this.at]) || bytes[this.at] === NUL;
    }
    return blank ? this.at : start + 1;
  }

  private readHelp(): void {
    const name = this.readMetadataName(METRIC_START, METRIC_CHAR, "HELP");
    const start = this.readRest();
    if (!this.isValidUtf8(start, this.at)) {
      this.at = start;
      this.fail("the help is not valid UTF-8");
    }
    this.sink.metadata("help", name, unescapeHelp(this.bytes, start, this.at));
  }

  private readType(): void {
    const name = this.readMetadataName(METRIC_START, METRIC_CHAR, "TYPE");
    const start = this.readRest();
    const type = TYPES.get(unescapeHelp(this.bytes, start, this.at));
    if (type === undefined) {
      this.at = start;
      this.fail("expected counter, gauge, histogram, summary or untyped");
    }
    this.sink.metadata("type", name, type);
  }
}
