import { createRegistry } from "@fleetlight/sdk";
import { decodeHistogram } from "@fleetlight/promql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema, type ConfigInput } from "#config";
import { FleetlightError, isStale, selectMetric, wordsOf } from "#lib";
import { createMemoryTelemetry, type TelemetryOptions, type TelemetryStore } from "#store";

import { AppenderPool, createIngestCounters, InFlight, SampleRates } from "../limits/index.ts";
import {
  snappyCompress,
  writeRequest,
  writeRequestV2,
  text,
  message,
  double,
  integer,
  type TestSeries,
} from "./fixture.ts";
import { RemoteWriteReceiver } from "./receiver.ts";

const T0 = Date.UTC(2026, 5, 1, 12);
const TENANT = "default";
const labels = (name: string, more: Record<string, string> = {}) =>
  Object.entries({ __name__: name, job: "test", ...more });

let store: TelemetryStore;
let receiver: RemoteWriteReceiver;
let registry: ReturnType<typeof createRegistry>;
let nowMs = T0;

async function open(config: ConfigInput = {}, options: Partial<TelemetryOptions> = {}) {
  await store?.close();
  store = await createMemoryTelemetry({ now: () => nowMs, ...options });
  registry = createRegistry();
  const parsed = ConfigSchema.parse(config);
  receiver = new RemoteWriteReceiver({
    metrics: store.metrics,
    exemplars: store.exemplars,
    config: () => parsed,
    now: () => nowMs,
    random: () => 0.5,
    counters: createIngestCounters(registry),
    rates: new SampleRates(),
    appenders: new AppenderPool(),
    inFlight: new InFlight(),
  });
}
beforeEach(() => {
  nowMs = T0;
  return open();
});
afterEach(() => store.close());

const send = (series: readonly TestSeries[]) =>
  receiver.write(TENANT, snappyCompress(writeRequest(series)), "1.0");
const sendV2 = (series: readonly TestSeries[]) =>
  receiver.write(TENANT, snappyCompress(writeRequestV2(series)), "2.0");
const metric = (name: string): string | undefined =>
  registry
    .expose()
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.split(" ")[1];

async function stored(name: string) {
  const refs = store.metrics.select(TENANT, selectMetric(name));
  const found = await store.metrics.range(TENANT, refs, 0, T0 + 86_400_000);
  return found.map(({ ref, times, values, histograms }) => ({
    labels: store.metrics.labels(ref),
    times: [...times],
    values: [...values],
    words: wordsOf(values),
    histograms,
  }));
}
const samplesOf = async (name: string) => {
  const [series] = await stored(name);
  return (series?.times ?? []).map((time, i) => [time - T0, series?.values[i]]);
};

describe.each([
  ["1.0", send],
  ["2.0", sendV2],
])("remote write %s", (_version, write) => {
  it("stores what it is sent, readable when it answers", async () => {
    const result = await write([
      {
        labels: labels("a"),
        samples: [
          [T0, 1],
          [T0 + 15_000, 2.5],
        ],
      },
      { labels: labels("a", { zone: "ü-💡" }), samples: [[T0, -0]] },
      { labels: labels("b"), samples: [[T0, Infinity]] },
    ]);
    expect(result).toMatchObject({ samples: 4, histograms: 0, exemplars: 0, refused: 0 });
    expect(await samplesOf("a")).toEqual([
      [0, 1],
      [15_000, 2.5],
    ]);
    expect((await stored("a"))[1]).toMatchObject({
      labels: { __name__: "a", job: "test", zone: "ü-💡" },
      values: [-0],
    });
    expect(await samplesOf("b")).toEqual([[0, Infinity]]);
  });

  it("keeps stale markers and NaN apart, and zeros that protobuf leaves out", async () => {
    await write([
      {
        labels: labels("a"),
        samples: [
          [T0, 0],
          [T0 + 1, Number.NaN],
          [T0 + 2, "stale"],
        ],
      },
    ]);
    const [series] = await stored("a");
    expect(series?.values).toEqual([0, Number.NaN, Number.NaN]);
    expect([0, 1, 2].map((i) => isStale(series?.words ?? new Uint32Array(6), i))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("takes the same sample again without a word, and refuses another value at its time", async () => {
    const sample = {
      labels: labels("a"),
      samples: [
        [T0, 1],
        [T0 + 1000, 2],
      ] as [number, number][],
    };
    await write([sample]);
    expect((await write([sample])).refused).toBe(0);
    expect(metric("fleetlight_ingest_duplicates_total")).toBe("2");
    const other = await write([
      {
        labels: labels("a"),
        samples: [
          [T0, 7],
          [T0 + 2000, 3],
        ],
      },
      {
        labels: labels("b"),
        samples: [
          [T0, 7],
          [T0, 8],
          [T0, 7],
        ],
      },
    ]);
    expect(other).toMatchObject({ refused: 2, samples: 2 });
    expect(other.messages[0]).toBe(`duplicate sample for timestamp: ${T0} of a{job="test"}`);
    expect(await samplesOf("a")).toEqual([
      [0, 1],
      [1000, 2],
      [2000, 3],
    ]);
    expect(await samplesOf("b")).toEqual([[0, 7]]);
    expect(metric('fleetlight_ingest_refused_total{reason="duplicate_timestamp"}')).toBe("2");
  });

  it("takes late samples, and refuses those outside of the window", async () => {
    await write([{ labels: labels("a"), samples: [[T0, 1]] }]);
    await write([{ labels: labels("a"), samples: [[T0 - 3_600_000, 0]] }]);
    expect(await samplesOf("a")).toEqual([
      [-3_600_000, 0],
      [0, 1],
    ]);
    await open({ ingest: { out_of_order_window: "5m" } });
    await write([{ labels: labels("a"), samples: [[T0, 1]] }]);
    const late = await write([
      { labels: labels("a"), samples: [[T0 - 60_000, 2]] },
      { labels: labels("a"), samples: [[T0 - 600_000, 3]] },
    ]);
    expect(late.messages).toEqual([`too old sample: ${T0 - 600_000} of a{job="test"}`]);
    expect(await samplesOf("a")).toEqual([
      [-60_000, 2],
      [0, 1],
    ]);
  });

  it.each([
    ["the future", T0 + 601_000, "future"],
    ["before the retention", T0 - 16 * 86_400_000, "out_of_bounds"],
    ["before 1970", -5000, "out_of_bounds"],
  ])("refuses a sample from %s and keeps the others", async (_name, timeMs, reason) => {
    const result = await write([
      { labels: labels("a"), samples: [[timeMs, 1]] },
      { labels: labels("b"), samples: [[T0, 1]] },
    ]);
    expect(result).toMatchObject({ samples: 1, refused: 1 });
    expect(result.messages[0]).toMatch(/^out of bounds/);
    expect(metric(`fleetlight_ingest_refused_total{reason="${reason}"}`)).toBe("1");
    expect(await samplesOf("b")).toEqual([[0, 1]]);
  });

  it("takes samples of 1970 and of the next century when the configuration lets it", async () => {
    await open(
      { storage: { retention: { metrics: "100y" } }, ingest: { max_future: "100y" } },
      {
        retention: () => ({
          metricsMs: 100 * 365.25 * 86_400_000,
          eventsMs: 1e12,
          tracesMs: 1e12,
          maxBytes: undefined,
        }),
      },
    );
    const times = [0, 15_000, T0 + 50 * 365 * 86_400_000];
    const result = await write([{ labels: labels("a"), samples: times.map((time) => [time, 1]) }]);
    expect(result.refused).toBe(0);
    const refs = store.metrics.select(TENANT, selectMetric("a"));
    const [series] = await store.metrics.range(TENANT, refs, 0, times[2] ?? 0);
    expect([...(series?.times ?? [])]).toEqual(times);
  });

  it.each<[string, [string, string][], RegExp]>([
    ["has no name", [["job", "x"]], /the series has no name/],
    ["has an empty name", [["__name__", ""]], /the series has no name/],
    [
      "has a label twice",
      [
        ["__name__", "a"],
        ["x", "1"],
        ["x", "2"],
      ],
      /duplicated label "x"/,
    ],
    [
      "has a label without a name",
      [
        ["__name__", "a"],
        ["", "1"],
      ],
      /a label has an empty name/,
    ],
    [
      "has a long label name",
      [
        ["__name__", "a"],
        ["x".repeat(51), "1"],
      ],
      /limits.max_label_name_length is 50/,
    ],
    [
      "has a long label value",
      [
        ["__name__", "a"],
        ["x", "1".repeat(61)],
      ],
      /limits.max_label_value_length is 60/,
    ],
    [
      "has many labels",
      [
        ["__name__", "a"],
        ["x", "1"],
        ["y", "1"],
        ["z", "1"],
      ],
      /limits.max_labels_per_series is 3/,
    ],
  ])("refuses a series that %s", async (_name, pairs, reason) => {
    await open({
      limits: { max_label_name_length: 50, max_label_value_length: 60, max_labels_per_series: 3 },
    });
    const result = await write([
      {
        labels: pairs,
        samples: [
          [T0, 1],
          [T0 + 1, 1],
        ],
      },
      { labels: labels("good"), samples: [[T0, 1]] },
    ]);
    expect(result).toMatchObject({ samples: 1, refused: 2 });
    expect(result.messages[0]).toMatch(reason);
    expect(await samplesOf("good")).toEqual([[0, 1]]);
  });

  it("takes labels in any order, without their empty ones, under names of any text", async () => {
    await write([
      {
        labels: [
          ["job", "x"],
          ["__proto__", "p"],
          ["empty", ""],
          ["a.b c", "1"],
          ["__name__", "sum of it all"],
        ],
        samples: [[T0, 1]],
      },
      {
        labels: [
          ["__name__", "sum of it all"],
          ["a.b c", "1"],
          ["__proto__", "p"],
          ["job", "x"],
        ],
        samples: [[T0 + 1, 2]],
      },
    ]);
    expect(await samplesOf("sum of it all")).toEqual([
      [0, 1],
      [1, 2],
    ]);
    const [series] = await stored("sum of it all");
    expect(Object.entries(series?.labels ?? {}).toSorted()).toEqual([
      ["__name__", "sum of it all"],
      ["__proto__", "p"],
      ["a.b c", "1"],
      ["job", "x"],
    ]);
  });

  it("does not take values for others that hold its own separators", async () => {
    await write([
      {
        labels: [
          ["__name__", "a"],
          ["x", "1\u0001y\u00012"],
        ],
        samples: [[T0, 1]],
      },
      {
        labels: [
          ["__name__", "a"],
          ["x", "1"],
          ["y", "2"],
        ],
        samples: [[T0, 2]],
      },
    ]);
    expect(await stored("a")).toHaveLength(2);
  });

  it("refuses series beyond the tenant's limit and goes on with the known ones", async () => {
    await open({ limits: { max_series: 2 } });
    const series = ["a", "b", "c"].map((name) => ({
      labels: labels(name),
      samples: [[T0, 1]] as [number, number][],
    }));
    expect(await write(series)).toMatchObject({ samples: 2, refused: 1 });
    const again = await write(
      ["a", "b", "c"].map((name) => ({ labels: labels(name), samples: [[T0 + 1, 1]] })),
    );
    expect(again).toMatchObject({ samples: 2, refused: 1 });
    expect(again.messages[0]).toMatch(/too many series: c/);
  });

  it("refuses what comes faster than the tenant may send, whole, until time has passed", async () => {
    await open({ limits: { samples_per_second: 1 } });
    const ten = (start: number): TestSeries[] => [
      { labels: labels("a"), samples: Array.from({ length: 10 }, (_, i) => [start + i, 1]) },
    ];
    await write(ten(T0));
    await expect(write(ten(T0 + 100))).rejects.toMatchObject({ status: 429, retryable: true });
    expect(await samplesOf("a")).toHaveLength(10);
    nowMs += 10_000;
    await write(ten(T0 + 100));
    expect(await samplesOf("a")).toHaveLength(20);
  });

  it("tells the sender to come again when the store is behind, and has then taken nothing", async () => {
    await open({}, { maxPendingRows: 3 });
    const many: TestSeries[] = [
      { labels: labels("a"), samples: Array.from({ length: 10 }, (_, i) => [T0 + i, i]) },
    ];
    await expect(write(many)).rejects.toMatchObject({ status: 503, retryable: true });
    expect(await samplesOf("a")).toEqual([]);
  });

  it("keeps native histograms, with floats and with integers, and their ends", async () => {
    const common = {
      sum: 18.4,
      schema: 1,
      zeroThreshold: 0.001,
      positiveSpans: [
        [0, 2],
        [1, 1],
      ] as [number, number][],
    };
    const result = await write([
      {
        labels: labels("h"),
        histograms: [
          { ...common, timeMs: T0, countFloat: 7.5, zeroCount: 1, positiveCounts: [2, 1.5, 3] },
          {
            ...common,
            timeMs: T0 + 1,
            countInt: 9,
            zeroCount: 2,
            positiveDeltas: [2, 0, 1],
            hint: 2,
          },
          { timeMs: T0 + 2, sum: "stale", schema: 0 },
        ],
      },
    ]);
    expect(result).toMatchObject({ histograms: 2, samples: 1, refused: 0 });
    const [series] = await stored("h");
    expect(series?.times).toEqual([T0, T0 + 1, T0 + 2]);
    const [first, second, third] = (series?.histograms ?? []).map(
      (bytes) => bytes && decodeHistogram(bytes),
    );
    expect(first).toMatchObject({
      count: 7.5,
      sum: 18.4,
      schema: 1,
      zeroCount: 1,
      positiveBuckets: [2, 1.5, 3],
    });
    expect(second).toMatchObject({
      count: 9,
      positiveBuckets: [2, 2, 3],
      counterResetHint: "not_reset",
    });
    expect(third).toBeUndefined();
    expect(isStale(series?.words ?? new Uint32Array(6), 2)).toBe(true);
  });

  it("refuses a histogram that contradicts itself", async () => {
    const result = await write([
      {
        labels: labels("h"),
        histograms: [
          {
            timeMs: T0,
            sum: 1,
            schema: 0,
            countInt: 3,
            positiveSpans: [[0, 2]],
            positiveDeltas: [1],
          },
        ],
      },
    ]);
    expect(result).toMatchObject({ histograms: 0, refused: 1 });
    expect(result.messages[0]).toMatch(/spans need 2 buckets, have 1/);
  });

  it("keeps exemplars, in order and once", async () => {
    const exemplar = (timeMs: number, value: number) => ({
      labels: [["trace_id", `t${value}`]] as [string, string][],
      timeMs,
      value,
    });
    const series = (...exemplars: ReturnType<typeof exemplar>[]): TestSeries[] => [
      { labels: labels("a"), samples: [[T0, 1]], exemplars },
    ];
    expect(await write(series(exemplar(T0, 1), exemplar(T0 + 5, 2)))).toMatchObject({
      exemplars: 2,
    });
    expect(
      await write(series(exemplar(T0 + 5, 2), exemplar(T0 + 1, 9), exemplar(T0 + 9, 3))),
    ).toMatchObject({ refused: 0 });
    const refs = store.metrics.select(TENANT, selectMetric("a"));
    const [found] = store.exemplars.query(TENANT, refs, T0 + 1, T0 + 100);
    expect(
      found?.exemplars.map(({ timeMs, value, labels: own }) => [timeMs - T0, value, own]),
    ).toEqual([
      [5, 2, { trace_id: "t2" }],
      [9, 3, { trace_id: "t3" }],
    ]);
    expect(metric('fleetlight_ingest_refused_total{reason="out_of_order_exemplar"}')).toBe("1");
  });
});

it("keeps the metadata of both versions", async () => {
  await receiver.write(
    TENANT,
    snappyCompress(writeRequest([], [{ type: 1, metric: "a_total", help: "All a.", unit: "" }])),
    "1.0",
  );
  await sendV2([
    {
      labels: labels("h_bucket", { le: "1" }),
      samples: [[T0, 1]],
      metadata: { type: 3, help: "How long.", unit: "seconds" },
    },
  ]);
  expect(store.metrics.metadata(TENANT, "a_total")).toEqual({
    type: "counter",
    help: "All a.",
    unit: "",
  });
  expect(store.metrics.metadata(TENANT, "h")).toEqual({
    type: "histogram",
    help: "How long.",
    unit: "seconds",
  });
});

it("recognises series by their bytes, request after request", async () => {
  const request = (at: number): TestSeries[] =>
    Array.from({ length: 300 }, (_, i) => ({
      labels: labels("a", { i: String(i) }),
      samples: [[T0 + at, i]],
    }));
  for (const at of [0, 1, 2]) await send(request(at));
  expect(receiver.cacheStats().series).toBe(300);
  await send(request(3).toReversed());
  const series = await stored("a");
  expect(series).toHaveLength(300);
  for (const { labels: own, times, values } of series) {
    expect(times.map((time) => time - T0)).toEqual([0, 1, 2, 3]);
    expect(new Set(values)).toEqual(new Set([Number(own["i"])]));
  }
});

it("reads labels behind the samples, and fields that it does not know", async () => {
  const sample = message(2, integer(99, 1), double(1, 5), integer(2, T0));
  const label = (name: string, value: string) =>
    message(1, text(1, name), text(2, value), integer(7, 1));
  const body = Buffer.concat([
    integer(9, 1),
    message(1, label("__name__", "a"), sample, label("job", "late")),
    message(
      1,
      label("__name__", "a"),
      label("job", "x"),
      integer(12, 3),
      message(2, integer(2, T0), double(1, 6)),
    ),
  ]);
  await receiver.write(TENANT, snappyCompress(body), "1.0");
  expect((await stored("a")).map(({ labels: own, values }) => [own["job"], values])).toEqual([
    ["late", [5]],
    ["x", [6]],
  ]);
});

describe("a malformed body", () => {
  const good = writeRequest([{ labels: labels("a"), samples: [[T0, 1]] }]);
  it.each<[string, Buffer, number]>([
    ["is no snappy block", Buffer.from("hello"), 400],
    ["declares more than is read", Buffer.from([255, 255, 255, 255, 15, 0, 1]), 413],
    ["is no protobuf", snappyCompress(Buffer.from([0xff, 0xff, 0xff])), 400],
    ["ends within a series", snappyCompress(good.subarray(0, -3)), 400],
    [
      "has a label that reaches beyond its series",
      snappyCompress(Buffer.from([0x0a, 4, 0x0a, 9, 1, 1])),
      400,
    ],
  ])("that %s is refused whole", async (_name, body, status) => {
    await expect(receiver.write(TENANT, body, "1.0")).rejects.toMatchObject({ status });
    expect(await samplesOf("a")).toEqual([]);
    expect(metric('fleetlight_ingest_refused_total{reason="malformed"}')).toBe("1");
  });

  it("with a text that is not UTF-8 costs that series alone", async () => {
    const bad = message(
      1,
      message(1, text(1, "__name__"), text(2, Buffer.from([0xc3, 0x28]))),
      message(2, double(1, 1), integer(2, T0)),
    );
    const result = await receiver.write(TENANT, snappyCompress(Buffer.concat([bad, good])), "1.0");
    expect(result).toMatchObject({ samples: 1, refused: 1 });
    expect(result.messages[0]).toMatch(/not valid UTF-8/);
  });

  it.each([["1.0", writeRequest] as const, ["2.0", writeRequestV2] as const])(
    "of version %s is taken or refused, never anything else, whatever is changed in it",
    async (version, encode) => {
      const body = encode([
        {
          labels: labels("a", { x: "1" }),
          samples: [
            [T0, 1],
            [T0 + 1, 2],
          ],
          exemplars: [{ labels: [["t", "1"]], timeMs: T0, value: 1 }],
        },
        {
          labels: labels("h"),
          histograms: [
            {
              timeMs: T0,
              sum: 1,
              schema: 0,
              countInt: 3,
              positiveSpans: [[0, 1]],
              positiveDeltas: [3],
            },
          ],
        },
      ]);
      let state = 11;
      const random = (below: number) =>
        (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
      const outcomes = new Set<string>();
      for (let round = 0; round < 3000; round++) {
        const changed = Buffer.from(round % 3 === 0 ? body.subarray(0, random(body.length)) : body);
        for (let change = 0; change <= round % 4 && changed.length > 0; change++)
          changed[random(changed.length)] = random(256);
        const outcome = await receiver.write(TENANT, snappyCompress(changed), version).then(
          () => "taken",
          (error: unknown) =>
            error instanceof FleetlightError && error.status === 400 ? "refused" : String(error),
        );
        outcomes.add(outcome);
      }
      expect([...outcomes].toSorted()).toEqual(["refused", "taken"]);
    },
  );
});
