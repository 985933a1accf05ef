import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createMemoryTelemetry, type TelemetryStore } from "#store";

import { createMetricQueries, type MetricQueries } from "./metrics.ts";

const T0 = Date.UTC(2026, 10, 1);
let store: TelemetryStore;
let queries: MetricQueries;

const write = async (labels: Record<string, string>, ...samples: [number, number][]) => {
  const appender = store.metrics.appender("default");
  const ref = appender.series(labels);
  for (const [ago, value] of samples) appender.append(ref, T0 - ago, value);
  await appender.commit();
};

beforeEach(async () => {
  store = await createMemoryTelemetry({ now: () => T0 });
  queries = createMetricQueries({ metrics: store.metrics, now: () => T0 });
});
afterEach(() => store.close());

describe("latest", () => {
  it("groups by service and metric, and leaves out what is old or belongs to nobody", async () => {
    await write({ __name__: "up", service: "a", job: "x" }, [60_000, 0], [1000, 1]);
    await write({ __name__: "up", service: "b" }, [6 * 60_000, 1]);
    await write({ __name__: "node_load1" }, [0, 1]);
    expect((await queries.latest("default")).metrics).toEqual({
      a_up: [
        {
          timestamp: new Date(T0 - 1000).toISOString(),
          value: 1,
          service_id: "a",
          metric_name: "up",
          labels: { job: "x" },
        },
      ],
    });
  });

  it("says null for what is not a finite number", async () => {
    await write({ __name__: "q", service: "a" }, [0, Number.NaN]);
    expect((await queries.latest("default")).metrics["a_q"]?.[0]?.value).toBeNull();
  });
});

describe("latest, of many series", () => {
  it("lets others have their turn, and cuts the answer at its limit", async () => {
    const appender = store.metrics.appender("default");
    for (let i = 0; i < 20_001; i++)
      appender.append(appender.series({ __name__: "many", service: "a", i: String(i) }), T0 - 1, i);
    await appender.commit();
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    const { metrics, truncated } = await queries.latest("default");
    clearInterval(count);
    expect(metrics["a_many"]).toHaveLength(20_000);
    expect(truncated).toBe(true);
    expect(turns).toBeGreaterThan(3);
  });

  it("has room for names that mean something to JavaScript", async () => {
    await write({ __name__: "proto__", service: "_" }, [0, 1]);
    expect(Object.keys((await queries.latest("default")).metrics)).toEqual(["__proto__"]);
  });
});

describe("names", () => {
  it("searches without case, counts series and finds a family's description", async () => {
    store.metrics.describe("default", "http_requests", {
      type: "counter",
      unit: "",
      help: "Requests.",
    });
    await write({ __name__: "http_requests_total", code: "200" }, [0, 1]);
    await write({ __name__: "http_requests_total", code: "500" }, [0, 1]);
    await write({ __name__: "up" }, [0, 1]);
    expect(queries.names("default", "HTTP", 10)).toEqual([
      { name: "http_requests_total", series: 2, type: "counter", unit: "", help: "Requests." },
    ]);
    expect(queries.names("default", "", 10).map((metric) => metric.name)).toEqual([
      "http_requests_total",
      "up",
    ]);
  });
});

describe("series and range", () => {
  it("answers samples in columns, ordered by labels, and says how many matched", async () => {
    await write({ __name__: "up", job: "b" }, [2000, 1], [1000, 0]);
    await write({ __name__: "up", job: "a" }, [1000, 1]);
    const { series, matched } = await queries.range("default", "up", T0 - 5000, T0, 100);
    expect(matched).toBe(2);
    expect(series.map((one) => one.labels["job"])).toEqual(["a", "b"]);
    expect(series[1]?.timestamps).toEqual([T0 - 2000, T0 - 1000]);
    expect(series[1]?.values).toEqual([1, 0]);
    expect(queries.series("default", 'up{job="b"}', 10).series[0]?.value).toBe(0);
    expect(queries.series("default", "up", 1)).toMatchObject({
      matched: 2,
      series: [{ labels: { job: "a" } }],
    });
  });

  it.each([
    ["up{", /column 4.*expected a label name/],
    ['{job!="x"}', /an empty label does not satisfy/],
    ['up{job=~"("}', /bad regular expression/],
    ["rate(up[5m])", /expected the end of the selector/],
    ["", /expected a metric name/],
  ])("refuses the selector %s with the place and the reason", async (match, reason) => {
    await expect(queries.range("default", match, 0, 1, 10)).rejects.toThrow(reason);
  });

  it("refuses an empty range", async () => {
    await expect(queries.range("default", "up", 5, 5, 10)).rejects.toThrow(
      /start must be before end/,
    );
  });

  it("sums the latest values", async () => {
    await write({ __name__: "q", job: "a" }, [0, 2]);
    await write({ __name__: "q", job: "b" }, [0, 3]);
    expect(queries.sumLatest("default", "q")).toBe(5);
    expect(queries.sumLatest("default", "q", { job: "b" })).toBe(3);
    expect(queries.sumLatest("default", "missing")).toBeUndefined();
  });
});
