import { Head } from "../packages/server/src/store/telemetry/head.ts";
import { SampleSink } from "../packages/server/src/store/telemetry/sample-sink.ts";
import { mib, printTable } from "./support/table.ts";

export const describe = "the live head: bytes, writing and reading, against plain arrays";

const SERIES = 2000;
/** Six hours, one sample per 15 s. */
const SAMPLES = 1440;
const START_MS = 1_700_000_000_000;
const ROUNDS = 5;

type Source = (i: number, random: () => number) => number;

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A counter that grows by up to `most` a step. */
const counter = (most: number): Source => {
  let value = 1000;
  return (_, random) => (value += Math.floor(random() * most));
};
const floatCounter = (most: number): Source => {
  let value = 100;
  return (_, random) => (value += random() * most);
};

/** What one agent exposes, in the proportions of a service with histograms. */
const MIX: [string, number, () => Source][] = [
  ["histogram buckets and counts", 39, () => counter(46)],
  ["slow counters", 13, () => counter(3)],
  ["fast counters", 9, () => counter(20_000)],
  ["sums and CPU seconds", 4, () => floatCounter(20)],
  ["small gauges", 4, () => (_, random) => Math.floor(random() * 22)],
  ["bytes in pages", 2, () => (_, random) => 3e8 + Math.floor(random() * 20_000) * 4096],
  ["ratios in full precision", 3, () => (_, random) => random()],
  ["ratios of three digits", 1, () => (_, random) => Math.round(random() * 1000) / 1000],
  ["constants", 3, () => () => 1],
];

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function makeCorpus(): { times: Float64Array; values: Float64Array } {
  const random = mulberry(7);
  const kinds = MIX.flatMap(([, share, make]) => Array.from({ length: share }, () => make));
  const times = new Float64Array(SERIES * SAMPLES);
  const values = new Float64Array(SERIES * SAMPLES);
  for (let series = 0; series < SERIES; series++) {
    const source = (kinds[series % kinds.length] ?? (() => () => 0))();
    const offset = Math.floor(random() * 15_000);
    for (let i = 0; i < SAMPLES; i++) {
      const jitter = random() < 0.05 ? Math.floor(random() * 9) : 0;
      times[series * SAMPLES + i] = START_MS + offset + i * 15_000 + jitter;
      values[series * SAMPLES + i] = source(i, random);
    }
  }
  return { times, values };
}

function fill(corpus: ReturnType<typeof makeCorpus>): { head: Head; ns: number } {
  const head = new Head(256 << 20);
  for (let series = 0; series < SERIES; series++) head.open(series, -Infinity);
  const words = new Uint32Array(corpus.values.buffer);
  const start = cpuMs();
  for (let i = 0; i < SAMPLES; i++)
    for (let series = 0; series < SERIES; series++) {
      const at = series * SAMPLES + i;
      head.append(series, corpus.times, words, at);
    }
  return { head, ns: ((cpuMs() - start) * 1e6) / (SERIES * SAMPLES) };
}

/** Nanoseconds per sample that `read` answers for the last `ms` of every series; the best of the rounds. */
function time(ms: number, read: (series: number, startMs: number) => number): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = cpuMs();
    let samples = 0;
    for (let series = 0; series < SERIES; series++)
      samples += read(series, START_MS + SAMPLES * 15_000 - ms);
    best = Math.min(best, ((cpuMs() - start) * 1e6) / samples);
  }
  return best;
}

const ns = (value: number): string => `${value.toFixed(1)} ns`;

export async function run(): Promise<void> {
  const corpus = makeCorpus();
  fill(corpus);
  const { head, ns: append } = fill(corpus);
  const plain = (series: number, startMs: number): number => {
    const from = series * SAMPLES;
    const times = corpus.times.subarray(from, from + SAMPLES);
    const first = times.findIndex((at) => at >= startMs);
    const copies = [times.slice(first), corpus.values.slice(from + first, from + SAMPLES)];
    return copies[1]?.length ?? 0;
  };
  const read = (ms: number) => {
    let sink = new SampleSink(32_768);
    return time(ms, (series, startMs) => {
      if (series === 0) sink = new SampleSink(32_768);
      return head.readInto(sink, series, startMs, Infinity).times.length;
    });
  };
  const hour = 3_600_000;
  const samples = SERIES * SAMPLES;
  const bytes = head.bytes;
  const rows: [string, string][] = [
    ["writing, all in order of time", ns(append)],
    ["reading six hours, copying plain columns", ns(time(6 * hour, plain))],
    ["reading six hours, head", ns(read(6 * hour))],
    ["reading one hour, head", ns(read(hour))],
    ["reading five minutes, head", ns(read(300_000))],
  ];
  // Encodes what is still open, as it does for series that fell silent.
  head.expire(-Infinity, Infinity);
  printTable(`live head: ${samples / 1e6} M samples of ${SERIES} series, CPU per sample`, [
    ["memory, plain columns", `${mib(samples * 16)}, 16 bytes a sample`],
    ["memory, head", `${mib(bytes)}, ${(bytes / samples).toFixed(2)} bytes a sample`],
    [
      "memory, head, all encoded",
      `${mib(head.bytes)}, ${(head.bytes / samples).toFixed(2)} bytes a sample`,
    ],
    ...rows,
  ]);
}
