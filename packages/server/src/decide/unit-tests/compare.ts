import {
  compactHistogram,
  formatFloat,
  formatHistogram,
  histogramsEqual,
  Labels,
  type FloatHistogram,
} from "@fleetlight/promql";

import { formatLabels, type LabelSet } from "#lib";

import type { ExpectedSample } from "./types.ts";

interface Alert {
  labels: LabelSet;
  annotations: LabelSet;
}

/** Lines that are marked: `-` is expected and missing, `+` came and is not expected. */
export const MISSING = "-";
export const EXTRA = "+";

/** What one list has and the other has not, however often; equal ones are left out of both. */
function difference<T>(
  expected: readonly T[],
  got: readonly T[],
  same: (a: T, b: T) => boolean,
): [T[], T[]] {
  const rest = [...got];
  const missing = expected.filter((one) => {
    const at = rest.findIndex((other) => same(one, other));
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [missing, rest];
}

const withoutEmpty = (labels: LabelSet): LabelSet =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));

const keyOf = ({ labels, annotations }: Alert): string =>
  JSON.stringify([sorted(labels), sorted(annotations)]);
const sorted = (labels: LabelSet): [string, string][] =>
  Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));

const alertLines = (mark: string, { labels, annotations }: Alert): string[] => [
  `${mark} labels:      ${formatLabels(labels)}`,
  `${mark} annotations: ${formatLabels(annotations)}`,
];

/** Lines about alerts that are missing or too many; empty when all is as expected. */
export function compareAlerts(expected: readonly Alert[], got: readonly Alert[]): string[] {
  const plain = ({ labels, annotations }: Alert): Alert => ({
    labels: withoutEmpty(labels),
    annotations: withoutEmpty(annotations),
  });
  const same = (a: Alert, b: Alert) => keyOf(a) === keyOf(b);
  const [missing, extra] = difference(expected.map(plain), got.map(plain), same);
  return [
    ...missing.flatMap((alert) => alertLines(MISSING, alert)),
    ...extra.flatMap((alert) => alertLines(EXTRA, alert)),
  ];
}

const bits = new DataView(new ArrayBuffer(8));
/** Doubles in their order as whole numbers: neighbours are one apart. */
function ordinal(value: number): bigint {
  bits.setFloat64(0, value);
  const raw = bits.getBigInt64(0);
  return raw < 0n ? -(raw & 0x7f_ff_ff_ff_ff_ff_ff_ffn) : raw;
}

function sameNumber(a: number, b: number, isFuzzy: boolean): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (!isFuzzy || Number.isNaN(a) || Number.isNaN(b)) return false;
  const distance = ordinal(a) - ordinal(b);
  return distance >= -1n && distance <= 1n;
}

function sameHistogram(a: FloatHistogram | undefined, b: FloatHistogram | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return histogramsEqual(compactHistogram(a), compactHistogram(b));
}

const sampleLine = (mark: string, { labels, value, histogram }: ExpectedSample): string => {
  const shown = histogram === undefined ? formatFloat(value) : formatHistogram(histogram);
  return `${mark} ${formatLabels(labels.toObject())} ${shown}`;
};

/** Lines about samples that are missing or too many; empty when all is as expected. */
export function compareSamples(
  expected: readonly ExpectedSample[],
  got: readonly ExpectedSample[],
  isFuzzy: boolean,
): string[] {
  const same = (a: ExpectedSample, b: ExpectedSample): boolean =>
    Labels.compare(a.labels, b.labels) === 0 &&
    sameHistogram(a.histogram, b.histogram) &&
    (a.histogram !== undefined || sameNumber(a.value, b.value, isFuzzy));
  const [missing, extra] = difference(expected, got, same);
  return [
    ...missing.map((sample) => sampleLine(MISSING, sample)),
    ...extra.map((sample) => sampleLine(EXTRA, sample)),
  ];
}

export const named = (labels: LabelSet, alertName: string): LabelSet => ({
  ...labels,
  alertname: alertName,
});
