import { setImmediate as nextTurn } from "node:timers/promises";

import type { Config } from "#config";
import { badRequest } from "#lib";
import type { MetricKind, MetricMetadata } from "#store";

import { checkLabels } from "../limits/check-labels.ts";
import {
  createExpositionParser,
  decodeSeries,
  ExpositionError,
  type ExpositionFormat,
  type MetadataKind,
} from "../scrape/index.ts";
import type { Grouping } from "./grouping.ts";

/** Samples between two turns of others. */
const SLICE_ENTRIES = 512;
const MAX_HELP = 1024;
/** Longest text of one series in a body; the limits on its labels are checked once it is decoded. */
const MAX_SERIES_BYTES = 1 << 20;
const PARTS = /_(?:bucket|count|sum|total|created|info|gsum|gcount)$/;
const COMPOUND: ReadonlySet<string> = new Set([
  "histogram",
  "gaugehistogram",
  "summary",
  "counter",
  "info",
]);

export interface PushedSeries {
  labels: readonly (readonly [string, string])[];
  value: number;
}

/** What a push brings, by family: that is what a later `POST` replaces. */
export interface PushedPage {
  families: Map<string, PushedSeries[]>;
  metadata: Map<string, MetricMetadata>;
}

/** What a push may bring at most. */
interface PushLimits {
  samples: number;
  labels: Config["limits"];
}

/**
 * Reads the body of a push. The labels of the path win over those of the body, as in the Pushgateway.
 * @throws FleetlightError when the body is malformed, has timestamps, says the same series twice or is over a limit.
 */
export async function readPush(
  body: Buffer,
  format: ExpositionFormat,
  grouping: Grouping,
  limits: PushLimits,
): Promise<PushedPage> {
  const families = new Map<string, PushedSeries[]>();
  const metadata = new Map<string, MetricMetadata>();
  const seen = new Set<string>();
  let type = "";
  const familyOf = (name: string): string => {
    if (metadata.has(name)) return name;
    const base = name.replace(PARTS, "");
    return COMPOUND.has(metadata.get(base)?.type ?? "") ? base : name;
  };
  const parser = createExpositionParser(body, format, {
    sample(start: number, end: number, value: number, timestampMs: number): void {
      if (timestampMs === timestampMs) throw badRequest("pushed metrics must not have timestamps");
      if (seen.size >= limits.samples)
        throw badRequest(
          `the body has more than ${limits.samples} samples (scrape.sample_limit); push fewer at once`,
        );
      if (end - start > MAX_SERIES_BYTES)
        throw badRequest(`the text of a series is longer than ${MAX_SERIES_BYTES} bytes`);
      const own = decodeSeries(body, start, end, type);
      const name = own["__name__"] ?? "";
      const labels = [...new Map([...Object.entries(own), ...grouping])].filter(
        ([, text]) => text !== "",
      );
      const fault = checkLabels(labels, limits.labels);
      if (fault !== undefined) throw badRequest(`${fault.message} in ${name}`);
      const key = JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));
      if (seen.has(key)) throw badRequest(`the series ${name} is in the body twice`);
      if (name === "push_time_seconds" || name === "push_failure_time_seconds")
        throw badRequest(`pushed metrics must not be named ${name}`);
      seen.add(key);
      const family = familyOf(name);
      const series = families.get(family);
      if (series === undefined) families.set(family, [{ labels, value }]);
      else series.push({ labels, value });
    },
    metadata(kind: MetadataKind, name: string, text: string): void {
      if (kind === "type") type = text;
      if (metadata.size >= limits.samples && !metadata.has(name)) return;
      const known = metadata.get(name) ?? { type: "unknown", unit: "", help: "" };
      if (kind === "type") known.type = text as MetricKind;
      else known[kind] = text.slice(0, MAX_HELP);
      metadata.set(name, known);
    },
  });
  try {
    while (!parser.run(SLICE_ENTRIES)) await nextTurn();
  } catch (error) {
    // For the scraper a wrong page is the target's fault; here it is the sender's.
    throw error instanceof ExpositionError ? badRequest(error.message) : error;
  }
  return { families, metadata };
}
