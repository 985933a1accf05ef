import {
  CLOSE,
  COMMA,
  EQUAL,
  HASH,
  METRIC_CHAR,
  METRIC_START,
  NEWLINE,
  NUL,
  OPEN,
  SPACE,
  WORD_END,
  isClass,
} from "./bytes.ts";
import { Scanner, type MetadataKind, type QuotedRules } from "./scanner.ts";
import { unescapeText } from "./text-of.ts";

const TYPES = new Set([
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
  "unknown",
]);

const KEYWORDS: readonly (readonly [MetadataKind, Uint8Array])[] = [
  ["help", Buffer.from("HELP ")],
  ["type", Buffer.from("TYPE ")],
  ["unit", Buffer.from("UNIT ")],
];
const EOF = Buffer.from("EOF");
const EXEMPLAR_RULES: QuotedRules = { nulls: false, newlines: false };

/** OpenMetrics 1.0 as strict as Prometheus takes it: syntax yes, rules about types and order no. */
export class OpenMetricsScanner extends Scanner {
  protected readonly lenient = false;
  protected readonly valueRules: QuotedRules = { nulls: true, newlines: false };

  protected readEntry(): boolean {
    const { bytes } = this;
    if (this.at >= this.end) this.fail("the page does not end with # EOF");
    const byte = bytes[this.at] as number;
    if (byte === HASH) return this.readDirective();
    this.readSample(byte);
    return true;
  }

  private readSample(first: number): void {
    const { bytes } = this;
    const start = this.at;
    const known = this.sink.recognise?.(start) ?? -1;
    if (known > 0) this.at = known;
    else this.skipSeries(first);
    const seriesEnd = this.at;
    const value = this.readNumber("value");
    let timestampMs = Number.NaN;
    if (bytes[this.at] === SPACE && !this.isExemplar()) {
      const seconds = this.readNumber("timestamp");
      if (!Number.isFinite(seconds)) this.fail("the timestamp is not finite before");
      // Adding zero turns -0 into 0.
      timestampMs = Math.trunc(seconds * 1000) + 0;
    }
    if (this.isExemplar()) this.skipExemplar();
    this.endLine();
    this.sink.sample(start, seriesEnd, value, timestampMs);
  }

  private skipSeries(first: number): void {
    const start = this.at;
    if (isClass(first, METRIC_START)) this.skipClass(METRIC_CHAR);
    else if (first !== OPEN) this.fail("expected a metric or a line that starts with a hash");
    if (this.bytes[this.at] !== OPEN) return;
    const hasName = this.at > start;
    this.at++;
    this.skipLabels(hasName);
  }

  private endLine(): void {
    if (this.bytes[this.at] !== NEWLINE) this.fail("expected the end of the line");
    this.at++;
  }

  /** One space and a number that ends at a space or at the end of the line. */
  private readNumber(what: string): number {
    if (this.bytes[this.at] !== SPACE) this.fail(`expected one space and a ${what}`);
    const start = ++this.at;
    this.skipTo(WORD_END);
    return this.floatBetween(start, this.at, what);
  }

  private isExemplar(): boolean {
    const { bytes, at } = this;
    return (
      bytes[at] === SPACE &&
      bytes[at + 1] === HASH &&
      bytes[at + 2] === SPACE &&
      bytes[at + 3] === OPEN
    );
  }

  /** Checked, not kept. */
  private skipExemplar(): void {
    const { bytes } = this;
    this.at += 4;
    while (bytes[this.at] !== CLOSE) {
      this.skipLabelName(bytes[this.at] as number, EXEMPLAR_RULES);
      if (bytes[this.at] !== EQUAL) this.fail("expected an equals sign");
      this.at++;
      this.skipLabelValue(EXEMPLAR_RULES);
      if (bytes[this.at] === COMMA) this.at++;
      else if (bytes[this.at] !== CLOSE) this.fail("expected a comma or a closing brace");
    }
    this.at++;
    this.readNumber("value of the exemplar");
    if (bytes[this.at] !== SPACE) return;
    const seconds = this.readNumber("timestamp of the exemplar");
    if (!Number.isFinite(seconds)) this.fail("the timestamp of the exemplar is not finite before");
  }

  private readDirective(): boolean {
    if (this.bytes[this.at + 1] !== SPACE) this.fail("expected a space after the hash");
    this.at += 2;
    if (this.skipWord(EOF)) {
      if (this.bytes[this.at] === NEWLINE) this.at++;
      if (this.at < this.end) this.fail("expected nothing after # EOF");
      return false;
    }
    for (const [kind, word] of KEYWORDS) {
      if (!this.skipWord(word)) continue;
      this.readMetadata(kind);
      return true;
    }
    return this.fail("expected HELP, TYPE, UNIT or EOF");
  }

  /** The lexer of Prometheus passes over zero bytes inside these words. */
  private skipWord(word: Uint8Array): boolean {
    const { bytes } = this;
    let at = this.at;
    for (const letter of word) {
      if (bytes[at] !== letter) return false;
      at++;
      while (bytes[at] === NUL) at++;
    }
    this.at = at;
    return true;
  }

  private readMetadata(kind: MetadataKind): void {
    const { bytes } = this;
    const name = this.readMetadataName(METRIC_START, METRIC_CHAR, kind.toUpperCase());
    if (bytes[this.at] !== SPACE) this.fail(`expected a space and text in ${kind.toUpperCase()}`);
    const start = ++this.at;
    while (bytes[this.at] !== NEWLINE) this.at++;
    const end = this.at;
    this.at++;
    this.skipNulls();
    const text = unescapeText(bytes, start, end);
    if (kind === "help" && !this.isValidUtf8(start, end)) this.fail("help is not UTF-8 before");
    if (kind === "type" && !TYPES.has(text)) this.fail(`unknown type ${JSON.stringify(text)}`);
    if (kind === "unit" && text !== "" && !name.endsWith(`_${text}`)) {
      this.fail(`the metric ${name} does not end in its unit ${JSON.stringify(text)}`);
    }
    this.sink.metadata(kind, name, text);
  }
}
