import { formatFloat } from "../format-float.ts";
import { histogramJson, type CounterResetHint, type FloatHistogram } from "../histogram/index.ts";
import type { InstantSample, MatrixSeries, QueryResult, ResultData } from "../engine/types.ts";
import type { ScriptHistogram } from "./shared-kit.ts";

const hints = new Set<string>(["unknown", "reset", "not_reset", "gauge"]);

/** A histogram of a script in the engine's form, as it would arrive by remote write. */
export function toFloatHistogram(from: ScriptHistogram): FloatHistogram {
  const positive = spansOf(from.pos);
  const negative = spansOf(from.neg);
  return {
    schema: from.schema,
    zeroThreshold: from.zeroThreshold,
    zeroCount: from.zeroCount,
    count: from.count,
    sum: from.sum,
    counterResetHint: hints.has(from.hint) ? (from.hint as CounterResetHint) : "unknown",
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customValues: from.custom ?? [],
  };
}

function spansOf(counts: ReadonlyMap<number, number>) {
  const indices = [...counts.keys()].toSorted((a, b) => a - b);
  const spans: { offset: number; length: number }[] = [];
  let before: number | undefined;
  for (const index of indices) {
    const last = spans.at(-1);
    if (last && before !== undefined && index === before + 1) last.length++;
    else spans.push({ offset: before === undefined ? index : index - before - 1, length: 1 });
    before = index;
  }
  return { spans, counts: indices.map((index) => counts.get(index) ?? 0) };
}

/** A result in the shape of the HTTP API's body. */
export function toApiBody({ data, warnings, infos }: QueryResult): object {
  return { status: "success", data: toApiData(data), warnings, infos };
}

export function toApiData(data: ResultData): { resultType: string; result: unknown } {
  switch (data.kind) {
    case "scalar":
      return { resultType: "scalar", result: point(data.timeMs, data.value) };
    case "string":
      return { resultType: "string", result: [data.timeMs / 1000, data.value] };
    case "vector":
      return {
        resultType: "vector",
        result: data.samples.map((sample) => vectorEntry(data.timeMs, sample)),
      };
    case "matrix":
      return { resultType: "matrix", result: data.series.map(matrixEntry) };
  }
}

const point = (timeMs: number, value: number) => [timeMs / 1000, formatFloat(value)];

function vectorEntry(timeMs: number, { labels, value, histogram }: InstantSample): object {
  const metric = labels.toObject();
  if (histogram) return { metric, histogram: [timeMs / 1000, histogramJson(histogram)] };
  return { metric, value: point(timeMs, value) };
}

function matrixEntry({ labels, times, values, histograms }: MatrixSeries): object {
  const floats: unknown[] = [];
  const native: unknown[] = [];
  for (const [index, timeMs] of times.entries()) {
    const histogram = histograms?.[index];
    if (histogram) native.push([timeMs / 1000, histogramJson(histogram)]);
    else floats.push(point(timeMs, values[index] ?? 0));
  }
  return {
    metric: labels.toObject(),
    ...(floats.length > 0 && { values: floats }),
    ...(native.length > 0 && { histograms: native }),
  };
}
