import { isUtf8 } from "node:buffer";

import { NAME_LABEL, type LabelSet } from "#lib";

import {
  BACKSLASH,
  CLOSE,
  COMMA,
  METRIC_CHAR,
  NUL,
  OPEN,
  QUOTE,
  isBlank,
  isClass,
} from "./bytes.ts";
import { ExpositionError } from "./errors.ts";
import { canonicalBound } from "./number.ts";
import { unescapeText } from "./text-of.ts";

/** Reads the labels of series bytes that a scanner found to be well formed. */
class SeriesReader {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private at: number;
  readonly pairs: [name: string, value: string][] = [];

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.end = end;
    this.at = start;
  }

  read(): void {
    const { bytes } = this;
    const start = this.at;
    this.skipBlanks();
    if (bytes[this.at] !== OPEN) {
      while (this.at < this.end && isClass(bytes[this.at], METRIC_CHAR)) this.at++;
      // Prometheus counts blanks before a bare name as part of it.
      this.pairs.push([NAME_LABEL, unescapeText(bytes, start, this.at)]);
    }
    this.skipBlanks();
    if (this.at >= this.end) return;
    this.at++;
    for (;;) {
      this.skipBlanks();
      if (bytes[this.at] === CLOSE) return;
      this.readPair();
      this.skipBlanks();
      if (bytes[this.at] === COMMA) this.at++;
    }
  }

  private skipBlanks(): void {
    while (isBlank(this.bytes[this.at])) this.at++;
  }

  private readPair(): void {
    const { bytes } = this;
    const name = this.readName();
    this.skipBlanks();
    if (bytes[this.at] === COMMA || bytes[this.at] === CLOSE) {
      this.pairs.push([NAME_LABEL, name]);
      return;
    }
    this.at++;
    while (bytes[this.at] !== QUOTE) this.at++;
    const start = this.at + 1;
    this.skipQuoted();
    // Zero bytes behind the quote are part of the token for the lexer of Prometheus, which then cuts its last byte.
    while (bytes[this.at] === NUL) this.at++;
    this.pairs.push([name, unescapeText(bytes, start, this.at - 1)]);
  }

  private readName(): string {
    const start = this.at;
    if (this.bytes[start] !== QUOTE) {
      while (isClass(this.bytes[this.at], METRIC_CHAR)) this.at++;
      return unescapeText(this.bytes, start, this.at);
    }
    this.skipQuoted();
    if (!isUtf8(this.bytes.subarray(start, this.at))) {
      throw new ExpositionError(0, "a quoted name is not valid UTF-8");
    }
    return unescapeText(this.bytes, start + 1, this.at - 1);
  }

  private skipQuoted(): void {
    const { bytes } = this;
    this.at++;
    while (bytes[this.at] !== QUOTE) {
      if (bytes[this.at] === BACKSLASH) {
        this.at++;
        while (bytes[this.at] === NUL) this.at++;
      }
      this.at++;
    }
    this.at++;
  }
}

const hasBounds = (type: string, label: string): boolean =>
  label === "le"
    ? type === "histogram" || type === "gaugehistogram"
    : label === "quantile" && type === "summary";

const define = (labels: Record<string, string>, name: string, value: string): void => {
  // An assignment would lose this one name, which a page may use.
  if (name !== "__proto__") labels[name] = value;
  else Object.defineProperty(labels, name, { value, enumerable: true, configurable: true });
};

/**
 * The labels of a series that `parseExposition` reported. A label that the page has with an empty value (once is
 * enough) stays, empty: it counts as absent, yet says that the target wants it so. `type` is the type of the latest
 * `# TYPE` line before it: the bounds of histograms and summaries are normalised.
 * Throws ExpositionError for a name that is missing, invalid or there twice.
 */
export function decodeSeries(bytes: Uint8Array, start: number, end: number, type = ""): LabelSet {
  const reader = new SeriesReader(bytes, start, end);
  reader.read();
  const emptied = new Set<string>();
  for (const [name, value] of reader.pairs) if (value === "") emptied.add(name);
  const labels: Record<string, string> = {};
  for (const [name, value] of reader.pairs) {
    if (emptied.has(name)) {
      if (name !== "") define(labels, name, "");
      continue;
    }
    if (name === "") throw new ExpositionError(0, "a label has an empty name");
    if (Object.hasOwn(labels, name)) {
      throw new ExpositionError(0, `the label ${JSON.stringify(name)} is there twice`);
    }
    define(labels, name, hasBounds(type, name) ? canonicalBound(value) : value);
  }
  if (!Object.hasOwn(labels, NAME_LABEL) || labels[NAME_LABEL] === "") {
    throw new ExpositionError(0, "the metric has no name");
  }
  return labels;
}
