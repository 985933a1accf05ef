import {
  histogramJson,
  type InstantSample,
  type Labels,
  type MatrixSeries,
  type QueryResult,
  type ResultData,
} from "@fleetlight/promql";

import { JsonBytes } from "./json-bytes.ts";

const OPEN = 91;
const CLOSE = 93;
const COMMA = 44;
/** Points that are written before the buffer is looked at; they fit into its margin with ease. */
const POINTS_PER_LOOK = 256;

/** What stands in an answer beside the data. */
export interface AnswerExtras {
  /** Text of the field `stats` inside of `data`. */
  stats?: string | undefined;
  warnings: readonly string[];
  infos: readonly string[];
  /** Text of the field `plan` beside `data`; only who asks for it gets it. */
  plan?: string | undefined;
}

/** Text that is the same in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** As JSON.stringify, which takes several times as long for the short words that labels are. */
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** The names of the labels that were written last, and what stands before each value: series of a metric share theirs. */
let shape: { names: readonly string[]; keys: readonly string[] } = { names: [], keys: [] };

function keysOf(names: readonly string[]): readonly string[] {
  const { length } = names;
  let same = shape.names.length === length;
  for (let i = 0; same && i < length; i++) same = shape.names[i] === names[i];
  if (!same) shape = { names, keys: names.map((name, i) => `${i > 0 ? "," : ""}${quoted(name)}:`) };
  return shape.keys;
}

/** A label set as a JSON object, in the order of names. */
export function labelsJson({ names, values }: Labels): string {
  const keys = keysOf(names);
  let text = "{";
  for (let i = 0; i < keys.length; i++) text += `${keys[i]}${quoted(values[i] ?? "")}`;
  return `${text}}`;
}

/** Buffers of answers that were sent, for the next ones: those that had to grow are costly to make and to forget. */
const spare: JsonBytes[] = [];
const MAX_SPARE = 4;

/** Writes the answer of a query in the shape of Prometheus' API, a buffer at a time and never as a whole. */
export class ResultWriter {
  private readonly out = spare.pop() ?? new JsonBytes();

  /** The bytes of one answer; each piece is valid until the next one is asked for. */
  *write(data: ResultData, extras: AnswerExtras): Generator<Buffer> {
    try {
      yield* this.answer(data, extras);
    } finally {
      this.out.take();
      if (spare.length < MAX_SPARE && this.out.isWorthKeeping) spare.push(this.out);
    }
  }

  private *answer(data: ResultData, extras: AnswerExtras): Generator<Buffer> {
    const { out } = this;
    out.raw(`{"status":"success","data":{"resultType":${JSON.stringify(data.kind)},"result":`);
    if (data.kind === "scalar") {
      out.char(OPEN);
      out.seconds(data.timeMs);
      out.char(COMMA);
      out.value(data.value);
      out.char(CLOSE);
    } else if (data.kind === "string") {
      out.char(OPEN);
      out.seconds(data.timeMs);
      out.raw(`,${JSON.stringify(data.value)}]`);
    } else if (data.kind === "vector") yield* this.vector(data.samples, data.timeMs);
    else yield* this.matrix(data.series);
    if (extras.stats !== undefined) out.raw(`,"stats":${extras.stats}`);
    out.raw("}");
    if (extras.warnings.length > 0) out.raw(`,"warnings":${JSON.stringify(extras.warnings)}`);
    if (extras.infos.length > 0) out.raw(`,"infos":${JSON.stringify(extras.infos)}`);
    if (extras.plan !== undefined) out.raw(`,"plan":${extras.plan}`);
    out.raw("}");
    yield out.take();
  }

  private *vector(samples: readonly InstantSample[], timeMs: number): Generator<Buffer> {
    const { out } = this;
    out.char(OPEN);
    for (const [i, { labels, value, histogram }] of samples.entries()) {
      if (out.isFull) yield out.take();
      if (i > 0) out.char(COMMA);
      const key = histogram === undefined ? "value" : "histogram";
      out.raw(`{"metric":${labelsJson(labels)},"${key}":[`);
      out.seconds(timeMs);
      out.char(COMMA);
      if (histogram === undefined) out.value(value);
      else out.raw(JSON.stringify(histogramJson(histogram)));
      out.raw("]}");
    }
    out.char(CLOSE);
  }

  private *matrix(series: readonly MatrixSeries[]): Generator<Buffer> {
    const { out } = this;
    out.char(OPEN);
    for (const [i, one] of series.entries()) {
      if (out.isFull) yield out.take();
      out.raw(`${i > 0 ? "," : ""}{"metric":${labelsJson(one.labels)}`);
      yield* this.points(one);
      if (one.histograms !== undefined) yield* this.histograms(one);
      out.raw("}");
    }
    out.char(CLOSE);
  }

  private *points({ times, values, histograms }: MatrixSeries): Generator<Buffer> {
    const { out } = this;
    let count = 0;
    for (let i = 0; i < times.length; i++) {
      if (histograms?.[i] !== undefined) continue;
      if (count === 0) out.raw(',"values":[[');
      else {
        out.char(COMMA);
        out.char(OPEN);
      }
      if (++count % POINTS_PER_LOOK === 0 && out.isFull) yield out.take();
      out.seconds(times[i] ?? 0);
      out.char(COMMA);
      out.value(values[i] ?? 0);
      out.char(CLOSE);
    }
    if (count > 0) out.char(CLOSE);
  }

  private *histograms({ times, histograms = [] }: MatrixSeries): Generator<Buffer> {
    const { out } = this;
    let separator = ',"histograms":[[';
    for (let i = 0; i < times.length; i++) {
      const histogram = histograms[i];
      if (histogram === undefined) continue;
      if (out.isFull) yield out.take();
      out.raw(separator);
      separator = ",[";
      out.seconds(times[i] ?? 0);
      out.char(COMMA);
      out.raw(JSON.stringify(histogramJson(histogram)));
      out.char(CLOSE);
    }
    if (separator === ",[") out.char(CLOSE);
  }
}

/** The field `stats` as upstream writes it: times in seconds, and samples. */
export function statsJson({ stats }: QueryResult): string {
  const seconds = (ms: number) => ms / 1000;
  return JSON.stringify({
    timings: {
      evalTotalTime: seconds(stats.parseMs + stats.evalMs),
      resultSortTime: 0,
      queryPreparationTime: seconds(stats.parseMs),
      innerEvalTime: seconds(stats.evalMs),
      execQueueTime: 0,
      execTotalTime: seconds(stats.parseMs + stats.evalMs),
    },
    samples: { totalQueryableSamples: stats.samplesRead, peakSamples: stats.peakSamples },
  });
}
