import { OpenMetricsScanner } from "./openmetrics.ts";
import type { ExpositionSink } from "./scanner.ts";
import { TextScanner } from "./text.ts";

export { CLOSE } from "./bytes.ts";
export { ExpositionError } from "./errors.ts";
export { decodeSeries } from "./labels.ts";
export type { ExpositionSink, MetadataKind } from "./scanner.ts";

export type ExpositionFormat = "text" | "openmetrics";

/** A page that is read in turns; see {@link parseExposition}. */
export interface ExpositionParser {
  /** Reads on for at most `entries` samples and comments; true when the page is done. Throws ExpositionError. */
  run(entries: number): boolean;
}

const DONE: ExpositionParser = { run: () => true };

/** A parser that has read nothing yet. An empty page is valid in both formats, as a scrape of Prometheus has it. */
export function createExpositionParser(
  bytes: Uint8Array,
  format: ExpositionFormat,
  sink: ExpositionSink,
): ExpositionParser {
  if (bytes.length === 0) return DONE;
  return format === "text" ? new TextScanner(bytes, sink) : new OpenMetricsScanner(bytes, sink);
}

/**
 * Reads a page of metrics as Prometheus 3.5 does when it scrapes: text format 0.0.4 or OpenMetrics 1.0, with quoted
 * UTF-8 names. Exemplars are checked and skipped, `_created` lines are samples, and a page with a mistake throws
 * ExpositionError although its first samples were reported. No object is made per sample.
 */
export function parseExposition(
  bytes: Uint8Array,
  format: ExpositionFormat,
  sink: ExpositionSink,
): void {
  createExpositionParser(bytes, format, sink).run(Number.POSITIVE_INFINITY);
}
