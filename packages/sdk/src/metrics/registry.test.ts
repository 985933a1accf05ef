import { execFileSync, spawnSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { contentType, createRegistry } from "./index.ts";
import type { MetricError } from "./index.ts";

describe("counters, gauges and histograms", () => {
  it("expose HELP, TYPE and every series in the text format", () => {
    const registry = createRegistry();
    const requests = registry.counter({
      name: "http_requests_total",
      help: "Requests answered.",
      labelNames: ["method", "status"],
    });
    requests.inc({ method: "GET", status: 200 });
    requests.inc({ method: "GET", status: 200 }, 2);
    requests.labels("POST", 500).inc();
    const depth = registry.gauge({ name: "queue_depth", help: "Waiting tasks." });
    depth.set(7);
    depth.dec(3);
    depth.inc();
    expect(registry.expose()).toBe(
      [
        "# HELP fleetlight_sdk_collect_errors_total Collector callbacks that threw.",
        "# TYPE fleetlight_sdk_collect_errors_total counter",
        "fleetlight_sdk_collect_errors_total 0",
        "# HELP http_requests_total Requests answered.",
        "# TYPE http_requests_total counter",
        'http_requests_total{method="GET",status="200"} 3',
        'http_requests_total{method="POST",status="500"} 1',
        "# HELP queue_depth Waiting tasks.",
        "# TYPE queue_depth gauge",
        "queue_depth 5",
        "",
      ].join("\n"),
    );
  });

  it("names families by the rules of OpenMetrics, with units, float bounds and an end mark", () => {
    const registry = createRegistry();
    registry.counter({ name: "cpu_seconds_total", help: "CPU." }).inc(1.5);
    const wait = registry.histogram({ name: "wait_seconds", help: 'A "wait".', buckets: [0.5, 1] });
    for (const value of [0.5, 0.7, 1, 9]) wait.observe(value);
    const text = registry.expose("openmetrics");
    expect(text).toContain("# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\n");
    expect(text).toContain("cpu_seconds_total 1.5\n");
    expect(text).toContain('# HELP wait_seconds A \\"wait\\".\n');
    expect(text).toContain(
      [
        'wait_seconds_bucket{le="0.5"} 1',
        'wait_seconds_bucket{le="1.0"} 3',
        'wait_seconds_bucket{le="+Inf"} 4',
        "wait_seconds_sum 11.2",
        "wait_seconds_count 4",
      ].join("\n"),
    );
    expect(text.endsWith("\n# EOF\n")).toBe(true);
    expect(registry.expose("text")).toContain('wait_seconds_bucket{le="1"} 3\n');
  });

  it("escape what labels and help may contain", () => {
    const registry = createRegistry({ defaultLabels: { site: 'a"b' } });
    const gauge = registry.gauge({ name: "g", help: "a\\b\nc", labelNames: ["path"] });
    gauge.set({ path: 'C:\\x\n"q"' }, NaN);
    expect(registry.expose()).toContain(
      '# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{site="a\\"b",path="C:\\\\x\\n\\"q\\""} NaN\n',
    );
  });

  it("write infinities as Prometheus reads them", () => {
    const registry = createRegistry();
    const gauge = registry.gauge({ name: "g", help: "G.", labelNames: ["sign"] });
    gauge.set({ sign: "+" }, Infinity);
    gauge.set({ sign: "-" }, -Infinity);
    expect(registry.expose()).toContain('g{sign="+"} +Inf\ng{sign="-"} -Inf\n');
  });

  it("keep label sets apart whose values only join to the same text", () => {
    const counter = createRegistry().counter({
      name: "c_total",
      help: "C.",
      labelNames: ["a", "b"],
    });
    const pairs: [string, string][] = [
      ["1:x", ""],
      ["", "1:x"],
      ["a,b", "c"],
      ["a", "b,c"],
    ];
    for (const [a, b] of pairs) counter.inc({ a, b });
    expect(counter.size).toBe(4);
  });

  it("write two lone surrogates as one series, because UTF-8 cannot tell them apart", () => {
    const counter = createRegistry().counter({ name: "c_total", help: "C.", labelNames: ["a"] });
    counter.inc({ a: "\ud800" });
    counter.inc({ a: "\udfff" });
    expect(counter.size).toBe(1);
  });

  it("answer the same child for the same labels, and a fresh one after removal", () => {
    const counter = createRegistry().counter({ name: "c_total", help: "C.", labelNames: ["a"] });
    const child = counter.with({ a: "x" });
    expect(counter.with({ a: "x" })).toBe(child);
    expect(counter.remove({ a: "x" })).toBe(true);
    expect(counter.with({ a: "x" })).not.toBe(child);
    counter.clear();
    expect(counter.size).toBe(0);
  });
});

describe("registration", () => {
  const cases: [string, MetricError["code"], (r: ReturnType<typeof createRegistry>) => unknown][] =
    [
      ["a counter without _total", "invalid_name", (r) => r.counter({ name: "hits", help: "H." })],
      ["a name with a dash", "invalid_name", (r) => r.gauge({ name: "a-b", help: "H." })],
      ["a name with a newline", "invalid_name", (r) => r.gauge({ name: "a\nb 1", help: "H." })],
      [
        "a malformed label",
        "invalid_label",
        (r) => r.gauge({ name: "g", help: "H.", labelNames: ["a.b"] }),
      ],
      [
        "a reserved label",
        "invalid_label",
        (r) => r.gauge({ name: "g", help: "H.", labelNames: ["__name__"] }),
      ],
      [
        "le on a histogram",
        "invalid_label",
        (r) => r.histogram({ name: "h", help: "H.", labelNames: ["le"] }),
      ],
      [
        "a label that is a default label too",
        "invalid_label",
        (r) => r.gauge({ name: "g", help: "H.", labelNames: ["site"] }),
      ],
      [
        "falling buckets",
        "invalid_buckets",
        (r) => r.histogram({ name: "h", help: "H.", buckets: [2, 1] }),
      ],
      ["no buckets", "invalid_buckets", (r) => r.histogram({ name: "h", help: "H.", buckets: [] })],
      [
        "a unit not in the name",
        "invalid_unit",
        (r) => r.gauge({ name: "g", help: "H.", unit: "bytes" }),
      ],
      ["a name twice", "duplicate", (r) => [1, 2].map(() => r.gauge({ name: "g", help: "H." }))],
      [
        "a family that a counter has",
        "duplicate",
        (r) => [r.counter({ name: "x_total", help: "H." }), r.gauge({ name: "x", help: "H." })],
      ],
      [
        "a name that a histogram writes",
        "duplicate",
        (r) => [r.histogram({ name: "x", help: "H." }), r.gauge({ name: "x_count", help: "H." })],
      ],
    ];
  for (const [what, code, register] of cases) {
    it(`refuses ${what}`, () => {
      const registry = createRegistry({ defaultLabels: { site: "s" } });
      expect(() => register(registry)).toThrowError(expect.objectContaining({ code }));
    });
  }

  it("warns of names that break a convention", () => {
    const heard: string[] = [];
    const registry = createRegistry({ onWarning: (warning) => heard.push(warning) });
    registry.gauge({ name: "latency_milliseconds", help: "L." });
    registry.gauge({ name: "things_total", help: "T." });
    registry.gauge({ name: "cpu_percent", help: "" });
    registry.gauge({ name: "fine_ratio", help: "F." });
    expect(registry.warnings).toEqual(heard);
    expect(heard).toEqual([
      "latency_milliseconds: use the base unit seconds instead of milliseconds",
      "things_total: only counters end in _total",
      "cpu_percent: use the base unit ratio instead of percent",
      "cpu_percent: has no help text",
    ]);
  });

  it("leaves the type open where it is told to, and advises nothing about it", () => {
    const registry = createRegistry();
    registry.gauge({ name: "things_total", help: "T.", untyped: true }).set(2);
    expect(registry.warnings).toEqual([]);
    expect(registry.expose()).toContain("# TYPE things_total untyped\nthings_total 2\n");
    expect(registry.expose("openmetrics")).toContain(
      "# TYPE things_total unknown\nthings_total 2\n",
    );
  });

  it("puts the prefix before every name but those that are fixed elsewhere", () => {
    const registry = createRegistry({ prefix: "agent_" });
    expect(registry.gauge({ name: "a", help: "A." }).name).toBe("agent_a");
    expect(registry.gauge({ name: "b", help: "B.", unprefixed: true }).name).toBe("b");
  });
});

describe("bad updates", () => {
  it("stop at the limit of series, are counted, and never throw", () => {
    const registry = createRegistry({ maxSeriesPerMetric: 2 });
    const counter = registry.counter({ name: "c_total", help: "C.", labelNames: ["a"] });
    for (const a of ["x", "y", "z", "z", "x"]) counter.inc({ a });
    expect(registry.expose()).toContain('c_total{a="x"} 2\nc_total{a="y"} 1\n');
    expect(registry.expose()).not.toContain('a="z"');
    expect(registry.expose()).toContain(
      'fleetlight_sdk_series_dropped_total{metric="c_total"} 2\n',
    );
  });

  it("are refused and counted when the value makes no sense", () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: "c_total", help: "C." });
    counter.inc(-1);
    counter.inc(NaN);
    counter.inc(Infinity);
    registry.histogram({ name: "h", help: "H." }).observe(NaN);
    const text = registry.expose();
    expect(text).toContain("\nc_total 0\n");
    expect(text).toContain("h_count 0\n");
    expect(text).toContain('updates_rejected_total{metric="c_total"} 3\n');
    expect(text).toContain('updates_rejected_total{metric="h"} 1\n');
  });

  it("without labels on a metric that has some create no series", () => {
    const counter = createRegistry().counter({ name: "c_total", help: "C.", labelNames: ["a"] });
    counter.inc();
    expect(counter.size).toBe(0);
    counter.with(undefined as never).inc();
    expect(counter.with({ a: "" }).value).toBe(1);
  });

  it("cut label values that are too long", () => {
    const registry = createRegistry();
    registry.gauge({ name: "g", help: "G.", labelNames: ["a"] }).set({ a: "x".repeat(1e6) }, 1);
    expect(registry.expose().length).toBeLessThan(2000);
  });
});

describe("collector callbacks", () => {
  it("bring metrics up to date before each exposition", () => {
    const registry = createRegistry();
    let total = 0;
    registry
      .counter({ name: "seen_total", help: "S." })
      .collect((counter) => counter.setTotal((total += 5)));
    const gauge = registry.gauge({ name: "size", help: "S." });
    registry.collect(() => gauge.set(total * 2));
    registry.expose();
    expect(registry.expose()).toContain("seen_total 10\n");
    expect(registry.expose()).toContain("size 20\n");
  });

  it("that throw are counted and leave the rest alone", () => {
    const registry = createRegistry();
    const fail = () => {
      throw new Error("no");
    };
    registry.collect(fail);
    registry.gauge({ name: "a", help: "A." }).collect(fail);
    registry.gauge({ name: "b", help: "B." }).collect((gauge) => gauge.set(1));
    registry.expose();
    expect(registry.expose()).toMatch(/collect_errors_total [34]\n[^]*b 1\n/);
  });
});

describe("content negotiation", () => {
  const cases: [string | undefined, "text" | "openmetrics"][] = [
    [undefined, "text"],
    ["*/*", "text"],
    ["text/html", "text"],
    ["text/plain;version=0.0.4", "text"],
    ["application/openmetrics-text", "openmetrics"],
    [
      "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    ["application/openmetrics-text; version=1.0.0; q=0.2, text/plain; q=0.9", "text"],
    ["application/openmetrics-text; version=9.0.0, text/plain; q=0.1", "text"],
    ["application/openmetrics-text;q=0, */*", "text"],
    ["APPLICATION/OPENMETRICS-TEXT;escaping=underscores", "openmetrics"],
  ];
  for (const [accept, format] of cases) {
    it(`answers ${format} to ${accept ?? "no header"}`, () => {
      expect(contentType(accept).format).toBe(format);
    });
  }
});

describe("cost", () => {
  it("of an increment through a bound child stays below 100 ns", () => {
    const counter = createRegistry().counter({
      name: "c_total",
      help: "C.",
      labelNames: ["method"],
    });
    const child = counter.with({ method: "GET" });
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < 200_000; i++) child.inc();
      times.push(Number(process.hrtime.bigint() - start) / 200_000);
    }
    expect(Math.min(...times)).toBeLessThan(100);
    expect(child.value).toBe(1_400_000);
  });
});

describe("promtool", () => {
  const found = spawnSync("promtool", ["--version"]).status === 0;
  const required = process.env["REQUIRE_PEERS"] === "1";
  if (!found && !required)
    console.warn("promtool is not installed: its check of our exposition is skipped");

  it.skipIf(!found && !required)("finds nothing to complain about", () => {
    const registry = createRegistry({ prefix: "demo_", defaultLabels: { site: "a\\b" } });
    registry
      .counter({ name: "hits_total", help: "Hits.", labelNames: ["path"] })
      .inc({ path: 'x"\n' });
    registry.gauge({ name: "depth", help: "Depth." }).set(3);
    registry.gauge({ name: "things_total", help: "Things.", untyped: true }).set(3);
    registry
      .histogram({ name: "wait_seconds", help: "Wait.", labelNames: ["a"] })
      .observe({ a: "1" }, 2);
    const out = execFileSync("promtool", ["check", "metrics"], { input: registry.expose() });
    expect(out.toString()).toBe("");
  });
});
