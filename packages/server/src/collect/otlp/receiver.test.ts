import { decodeHistogram } from "@fleetlight/promql";
import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema, type ConfigInput } from "#config";
import { FleetlightError, isStale, parseSelector, wordsOf } from "#lib";
import { createMemoryTelemetry, type TelemetryOptions, type TelemetryStore } from "#store";

import { AppenderPool, createIngestCounters, InFlight, SampleRates } from "../limits/index.ts";
import { otlpProtobuf } from "./fixture.ts";
import { OtlpReceiver } from "./receiver.ts";

const T0 = Date.UTC(2026, 5, 1, 12);
const nano = (offsetMs = 0): string => `${T0 + offsetMs}000000`;
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

let store: TelemetryStore;
let receiver: OtlpReceiver;
async function open(config: ConfigInput = {}, options: Partial<TelemetryOptions> = {}) {
  await store?.close();
  store = await createMemoryTelemetry({ now: () => T0, ...options });
  const parsed = ConfigSchema.parse(config);
  receiver = new OtlpReceiver({
    metrics: store.metrics,
    exemplars: store.exemplars,
    config: () => parsed,
    now: () => T0,
    counters: createIngestCounters(createRegistry()),
    rates: new SampleRates(),
    appenders: new AppenderPool(),
    inFlight: new InFlight(),
  });
}
beforeEach(() => open());
afterEach(() => store.close());

const RESOURCE = [
  text("service.name", "checkout"),
  text("service.namespace", "shop"),
  text("service.instance.id", "i-1"),
  text("host.name", "h1"),
];
const request = (metrics: object[], attributes: object[] = RESOURCE) => ({
  resourceMetrics: [
    { resource: { attributes }, scopeMetrics: [{ scope: { name: "s" }, metrics }] },
  ],
});
const sum = (temporality: number, points: object[], isMonotonic = true) => ({
  name: "orders",
  description: "Orders taken.",
  unit: "{order}",
  sum: { aggregationTemporality: temporality, isMonotonic, dataPoints: points },
});

/** Everything of a selector as `labels -> [[offset, value]]`, without the resource's labels. */
async function stored(selector: string) {
  const refs = store.metrics.select("default", parseSelector(selector));
  const found = await store.metrics.range("default", refs, 0, T0 + 1e9);
  return found
    .map(({ ref, times, values, histograms }) => ({
      labels: store.metrics.labels(ref),
      samples: [...times].map((time, i) => [time - T0, values[i]]),
      stale: [...times].map((_, i) => isStale(wordsOf(values), i)),
      histograms: histograms?.map((bytes) => bytes && decodeHistogram(bytes)),
      ref,
    }))
    .toSorted((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
}

describe.each([
  ["JSON", (body: object) => receiver.write("default", Buffer.from(JSON.stringify(body)), "json")],
  [
    "protobuf",
    (body: object) => receiver.write("default", otlpProtobuf(body as never), "protobuf"),
  ],
])("OTLP as %s", (_name, write) => {
  it("makes gauges, with attributes of every kind, and the target's info", async () => {
    const attributes = [
      text("http.method", "GET"),
      { key: "ok", value: { boolValue: true } },
      { key: "port", value: { intValue: "8080" } },
      { key: "ratio", value: { doubleValue: 0.5 } },
      { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { intValue: "1" }] } } },
    ];
    const result = await write(
      request([
        {
          name: "queue.depth",
          unit: "By",
          gauge: {
            dataPoints: [
              { attributes, timeUnixNano: nano(), asDouble: 2.5 },
              { timeUnixNano: nano(5), asInt: "-7" },
            ],
          },
        },
      ]),
    );
    expect(result).toMatchObject({ samples: 3, refused: 0 });
    const [plain, labelled] = (await stored("queue_depth_bytes")).toSorted(
      (a, b) => Object.keys(a.labels).length - Object.keys(b.labels).length,
    );
    expect(labelled?.labels).toEqual({
      __name__: "queue_depth_bytes",
      job: "shop/checkout",
      instance: "i-1",
      http_method: "GET",
      ok: "true",
      port: "8080",
      ratio: "0.5",
      list: '["a",1]',
    });
    expect(labelled?.samples).toEqual([[0, 2.5]]);
    expect(plain?.samples).toEqual([[5, -7]]);
    const [info] = await stored("target_info");
    expect(info?.labels).toEqual({
      __name__: "target_info",
      job: "shop/checkout",
      instance: "i-1",
      host_name: "h1",
    });
    expect(info?.samples).toEqual([[5, 1]]);
    expect(store.metrics.metadata("default", "queue_depth_bytes")).toMatchObject({
      type: "gauge",
      unit: "By",
    });
  });

  it("makes counters of cumulative sums and gauges of those that may fall", async () => {
    await write(
      request([
        sum(2, [
          { timeUnixNano: nano(), asInt: "5" },
          { timeUnixNano: nano(10), asInt: "9" },
        ]),
      ]),
    );
    await write(
      request([{ ...sum(2, [{ timeUnixNano: nano(), asDouble: 1 }], false), name: "pending" }]),
    );
    expect((await stored("orders_total"))[0]?.samples).toEqual([
      [0, 5],
      [10, 9],
    ]);
    expect((await stored("pending"))[0]?.samples).toEqual([[0, 1]]);
    expect(store.metrics.metadata("default", "orders_total")).toEqual({
      type: "counter",
      unit: "{order}",
      help: "Orders taken.",
    });
    expect(store.metrics.metadata("default", "pending")?.type).toBe("gauge");
  });

  it("adds deltas up, each once, also when a request comes again", async () => {
    const first = request([
      sum(1, [
        { timeUnixNano: nano(), asInt: "5" },
        { timeUnixNano: nano(10), asInt: "2" },
      ]),
    ]);
    await write(first);
    await write(first);
    await write(request([sum(1, [{ timeUnixNano: nano(20), asInt: "3" }])]));
    expect((await stored("orders_total"))[0]?.samples).toEqual([
      [0, 5],
      [10, 7],
      [20, 10],
    ]);
    expect(receiver.deltaSeries).toBe(1);
  });

  it("loses no delta of requests that come at once", async () => {
    const one = (at: number) =>
      write(request([sum(1, [{ timeUnixNano: nano(at), asInt: "1" }])], []));
    await Promise.all(Array.from({ length: 20 }, (_, i) => one(i)));
    expect((await stored("orders_total"))[0]?.samples.at(-1)).toEqual([19, 20]);
  });

  it("does not count a delta that could not be stored", async () => {
    await open({}, { maxPendingRows: 4 });
    const one = request([sum(1, [{ timeUnixNano: nano(), asInt: "5" }])], []);
    await write(one);
    const two = request(
      [
        sum(
          1,
          [1, 2, 3, 4].map((i) => ({ timeUnixNano: nano(i), asInt: "1" })),
        ),
      ],
      [],
    );
    await expect(write(two)).rejects.toMatchObject({ status: 503 });
    await store.flush();
    await write(two);
    expect((await stored("orders_total"))[0]?.samples.at(-1)).toEqual([4, 9]);
  });

  it("keeps the totals of no more series than allowed", async () => {
    await open({ otlp: { delta_state_series: 2 } });
    const points = ["a", "b", "c"].map((name) => ({
      attributes: [text("n", name)],
      timeUnixNano: nano(),
      asInt: "1",
    }));
    await write(request([sum(1, points)]));
    expect(receiver.deltaSeries).toBe(2);
  });

  const point = {
    timeUnixNano: nano(),
    count: "6",
    sum: 12.5,
    explicitBounds: [0.5, 10],
    bucketCounts: ["1", "3", "2"],
    exemplars: [
      {
        timeUnixNano: nano(-5),
        asDouble: 3,
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        filteredAttributes: [text("user.id", "7")],
      },
    ],
  };
  const histogram = (temporality: number, ...dataPoints: object[]) => ({
    name: "latency",
    unit: "s",
    histogram: { aggregationTemporality: temporality, dataPoints },
  });

  it("makes the series of a classic histogram, with exemplars in their buckets", async () => {
    await write(request([histogram(2, point)]));
    const buckets = await stored("latency_seconds_bucket");
    expect(
      Object.fromEntries(buckets.map(({ labels, samples }) => [labels["le"], samples])),
    ).toEqual({
      "0.5": [[0, 1]],
      "10": [[0, 4]],
      "+Inf": [[0, 6]],
    });
    expect((await stored("latency_seconds_sum"))[0]?.samples).toEqual([[0, 12.5]]);
    expect((await stored("latency_seconds_count"))[0]?.samples).toEqual([[0, 6]]);
    const ten = buckets.find(({ labels }) => labels["le"] === "10");
    const [found] = store.exemplars.query(
      "default",
      buckets.map(({ ref }) => ref),
      0,
      T0,
    );
    expect(found).toMatchObject({
      ref: ten?.ref,
      exemplars: [
        {
          timeMs: T0 - 5,
          value: 3,
          labels: {
            user_id: "7",
            trace_id: "0af7651916cd43dd8448eb211c80319c",
            span_id: "b7ad6b7169203331",
          },
        },
      ],
    });
  });

  it("makes native histograms with custom buckets when the configuration asks for them", async () => {
    await open({ otlp: { convert_histograms_to_nhcb: true } });
    await write(request([histogram(1, point, { ...point, timeUnixNano: nano(10) })]));
    const [series] = await stored("latency_seconds");
    expect(series?.histograms?.map((one) => [one?.count, one?.sum, one?.customValues])).toEqual([
      [6, 12.5, [0.5, 10]],
      [12, 25, [0.5, 10]],
    ]);
    expect(await stored("latency_seconds_bucket")).toEqual([]);
  });

  it("makes native histograms of exponential ones, deltas added up", async () => {
    const exponential = {
      count: "7",
      sum: 20,
      scale: 1,
      zeroCount: "1",
      positive: { offset: -1, bucketCounts: ["1", "2", "3"] },
    };
    await write(
      request([
        {
          name: "size",
          unit: "By",
          exponentialHistogram: {
            aggregationTemporality: 1,
            dataPoints: [0, 10].map((at) => ({ ...exponential, timeUnixNano: nano(at) })),
          },
        },
      ]),
    );
    const [series] = await stored("size_bytes");
    expect(
      series?.histograms?.map((one) => [
        one?.schema,
        one?.count,
        one?.zeroCount,
        one?.positiveSpans,
        one?.positiveBuckets,
      ]),
    ).toEqual([
      [1, 7, 1, [{ offset: 0, length: 3 }], [1, 2, 3]],
      [1, 14, 2, [{ offset: 0, length: 3 }], [2, 4, 6]],
    ]);
  });

  it("makes the series of a summary", async () => {
    await write(
      request([
        {
          name: "rpc",
          unit: "ms",
          summary: {
            dataPoints: [
              {
                timeUnixNano: nano(),
                count: "3",
                sum: 9,
                quantileValues: [
                  { quantile: 0.5, value: 2 },
                  { quantile: 0.99, value: 5 },
                ],
              },
            ],
          },
        },
      ]),
    );
    const quantiles = await stored("rpc_milliseconds");
    expect(quantiles.map(({ labels, samples }) => [labels["quantile"], samples])).toEqual([
      ["0.5", [[0, 2]]],
      ["0.99", [[0, 5]]],
    ]);
    expect((await stored("rpc_milliseconds_count"))[0]?.samples).toEqual([[0, 3]]);
  });

  it("ends a series whose point says that there is no value any more", async () => {
    await write(
      request([
        {
          name: "g",
          gauge: {
            dataPoints: [
              { timeUnixNano: nano(), asDouble: 1 },
              { timeUnixNano: nano(5), flags: 1 },
            ],
          },
        },
      ]),
    );
    expect((await stored("g"))[0]?.stale).toEqual([false, true]);
  });

  it("tells what it does not take, and takes the rest", async () => {
    const result = await write(
      request(
        [
          sum(0, [{ timeUnixNano: nano(), asInt: "5" }]),
          histogram(2, { ...point, bucketCounts: ["1"] }),
          { name: "far", gauge: { dataPoints: [{ timeUnixNano: nano(3_600_000), asDouble: 1 }] } },
          { name: "near", gauge: { dataPoints: [{ timeUnixNano: nano(), asDouble: 1 }] } },
        ],
        [],
      ),
    );
    expect(result).toMatchObject({ samples: 1, refused: 3 });
    expect(result.messages).toEqual([
      'the metric has no temporality: "orders"',
      "latency_seconds has 1 buckets for 2 bounds",
      expect.stringMatching(/^out of bounds: too far in the future/),
    ]);
  });

  it("promotes attributes of the resource, and keeps names as they are, when the configuration says so", async () => {
    await open({
      otlp: {
        promote_resource_attributes: ["host.name"],
        translation_strategy: "NoTranslation",
        keep_identifying_resource_attributes: true,
      },
    });
    await write(
      request([
        {
          name: "queue.depth",
          unit: "By",
          gauge: {
            dataPoints: [
              { attributes: [text("http.method", "GET")], timeUnixNano: nano(), asDouble: 1 },
            ],
          },
        },
      ]),
    );
    const [series] = await stored('{__name__="queue.depth"}');
    expect(series?.labels).toEqual({
      __name__: "queue.depth",
      job: "shop/checkout",
      instance: "i-1",
      "host.name": "h1",
      "http.method": "GET",
    });
    const [info] = await stored("target_info");
    expect(info?.labels).toMatchObject({ "service.name": "checkout", "host.name": "h1" });
  });
});

it("joins the values of attributes whose keys become one label", async () => {
  const attributes = [text("a.b", "1"), text("a-b", "2"), text("job", "mine")];
  await receiver.write(
    "default",
    Buffer.from(
      JSON.stringify(
        request([
          { name: "g", gauge: { dataPoints: [{ attributes, timeUnixNano: nano(), asDouble: 1 }] } },
        ]),
      ),
    ),
    "json",
  );
  expect((await stored("g"))[0]?.labels).toMatchObject({ a_b: "2;1", job: "shop/checkout" });
});

describe("a malformed body", () => {
  it.each<[string, string, "json" | "protobuf"]>([
    ["no JSON", "{", "json"],
    ["a list", "[]", "json"],
    ["a text where a list belongs", '{"resourceMetrics":"x"}', "json"],
    [
      "a number that is none",
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":[{"asInt":"x"}]}}]}]}]}',
      "json",
    ],
    ["no protobuf", "\u0001\u0002", "protobuf"],
  ])("that is %s is refused", async (_name, body, encoding) => {
    await expect(receiver.write("default", Buffer.from(body), encoding)).rejects.toMatchObject({
      status: 400,
    });
  });

  it("is taken or refused, never anything else, whatever is changed in it", async () => {
    const body = otlpProtobuf(
      request([
        sum(1, [{ timeUnixNano: nano(), asInt: "5", attributes: [text("a", "b")] }]),
        {
          name: "e",
          exponentialHistogram: {
            aggregationTemporality: 2,
            dataPoints: [
              {
                timeUnixNano: nano(),
                count: "3",
                sum: 1,
                scale: 0,
                zeroCount: "0",
                positive: { offset: 0, bucketCounts: ["3"] },
              },
            ],
          },
        },
      ]),
    );
    let state = 5;
    const random = (below: number) =>
      (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
    const outcomes = new Set<string>();
    for (let round = 0; round < 3000; round++) {
      const changed = Buffer.from(round % 3 === 0 ? body.subarray(0, random(body.length)) : body);
      for (let change = 0; change <= round % 4 && changed.length > 0; change++)
        changed[random(changed.length)] = random(256);
      outcomes.add(
        await receiver.write("default", changed, "protobuf").then(
          () => "taken",
          (error: unknown) =>
            error instanceof FleetlightError && error.status === 400 ? "refused" : String(error),
        ),
      );
    }
    expect([...outcomes].toSorted()).toEqual(["refused", "taken"]);
  });
});
