import { gunzipSync, zstdDecompressSync } from "node:zlib";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import {
  snappyCompress,
  writeRequest,
  type TestMetadata,
  type TestSeries,
} from "../../../../collect/remote-write/fixture.ts";
import { ask, makeSite, until } from "../../../fixture.ts";
import { feed, QUIET } from "./fixture.ts";

const T = 1_767_225_600;
const STEP = 15;
const MANY = 300;

const site = makeSite({
  ...QUIET,
  server: { ...QUIET.server, cors: { origins: ["https://grafana.example"] } },
});
let server: RunningServer;
const write = (series: readonly TestSeries[], tenant?: string, metadata: TestMetadata[] = []) =>
  feed(server.url, snappyCompress(writeRequest(series, metadata)), tenant);
const points = (count: number, value: (i: number) => number, last = T) =>
  Array.from(
    { length: count },
    (_, i) => [(last - (count - 1 - i) * STEP) * 1000, value(i)] as const,
  );

beforeAll(async () => {
  server = await startServer(site);
  await write([
    {
      labels: [
        ["__name__", "http_requests_total"],
        ["job", "api"],
        ["instance", "a:1"],
      ],
      samples: points(20, (i) => i * 3),
      exemplars: [{ labels: [["trace_id", "abc"]], timeMs: (T - 5) * 1000, value: 0.25 }],
    },
    {
      labels: [
        ["__name__", "dotted.name"],
        ["lab.el", 'v"\\\n'],
      ],
      samples: points(3, () => 1),
    },
    ...Array.from({ length: MANY }, (_, i): TestSeries => ({
      labels: [
        ["__name__", "many"],
        ["i", String(i).padStart(4, "0")],
      ],
      samples: points(20, (at) => at + i / 7),
    })),
  ]);
  await write([{ labels: [["__name__", "theirs"]], samples: points(3, () => 5) }], "other");
  await write([], "default", [
    { type: 1, metric: "http_requests", help: "Requests.", unit: "" },
    { type: 2, metric: "many", help: "Many.", unit: "bytes" },
  ]);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

interface Body {
  status: string;
  errorType?: string;
  error?: string;
  data: never;
  warnings?: string[];
  infos?: string[];
  plan?: object;
}
type Parameters = Record<string, string>;
const get = (path: string, parameters: Parameters = {}, init: RequestInit = {}) =>
  ask<Body>(`${server.url}/api/v1/${path}?${new URLSearchParams(parameters)}`, init);
const post = (path: string, parameters: Parameters = {}, headers: Record<string, string> = {}) =>
  ask<Body>(`${server.url}/api/v1/${path}`, {
    method: "POST",
    body: new URLSearchParams(parameters),
    headers,
  });
const RANGE = { start: String(T - 120), end: String(T), step: "15" };
const figure = async (name: string) => {
  const { text } = await ask(`${server.url}/metrics`);
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? Number.NaN);
};

describe("a query", () => {
  it("is the same by GET, by form, and by both mixed; the form counts first", async () => {
    const parameters = { query: "sum(many)", time: String(T) };
    const first = await get("query", parameters);
    expect(first.status).toBe(200);
    expect((await post("query", parameters)).body).toEqual(first.body);
    const mixed = await post(`query?query=nope&time=${T}`, { query: "sum(many)" });
    expect(mixed.body).toEqual(first.body);
    expect((await get("query", parameters, { method: "HEAD" })).status).toBe(200);
  });

  it("is evaluated now when no time is given", async () => {
    const { body } = await get("query", { query: "time()" });
    const [seconds, value] = (body.data as { result: [number, string] }).result;
    expect(Math.abs(seconds * 1000 - Date.now())).toBeLessThan(60_000);
    expect(Number(value)).toBe(seconds);
  });

  it.each([
    [{ query: "many", timeout: "0s" }, 503, "timeout", /^query timed out in/],
    [{ query: "many", timeout: "1x" }, 400, "bad_data", /^invalid parameter "timeout": cannot/],
    [{ query: "many", limit: "-1" }, 400, "bad_data", /limit must be non-negative/],
    [
      { query: "many", lookback_delta: "x" },
      400,
      "bad_data",
      /^invalid parameter "lookback_delta"/,
    ],
    [{ query: "sum(many) by" }, 400, "bad_data", /^invalid parameter "query": 1:13: parse error: /],
    [{ query: "many + on(i) group_left() (many or many)", time: "x" }, 400, "bad_data", /time/],
    [
      { query: 'label_replace(many, "i", "x", "i", ".*")', time: String(T) },
      422,
      "execution",
      /^vector cannot contain metrics with the same labelset$/,
    ],
  ])("%j fails with %d %s", async (parameters, status, type, message) => {
    for (const answer of [await get("query", parameters), await post("query", parameters)]) {
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({
        status: "error",
        errorType: type,
        error: expect.stringMatching(message),
      });
    }
  });

  it("tells its statistics and its plan to who asks", async () => {
    const parameters = { query: "sum(rate(many[1m]))", ...RANGE };
    const plain = await get("query_range", parameters);
    expect(plain.body).not.toHaveProperty("plan");
    expect(plain.body.data).not.toHaveProperty("stats");
    const { body } = await get("query_range", { ...parameters, stats: "all", explain: "1" });
    expect(body.plan).toMatchObject({ text: "sum(rate(many[1m]))", children: [{}] });
    const { stats, ...data } = body.data as { stats: object };
    expect(stats).toMatchObject({ samples: { totalQueryableSamples: expect.any(Number) } });
    expect(data).toEqual(plain.body.data);
  });

  it("is cut at its limit, with a warning", async () => {
    for (const path of ["query", "query_range"]) {
      const { body } = await get(path, { query: "many", time: String(T), ...RANGE, limit: "2" });
      expect((body.data as { result: unknown[] }).result).toHaveLength(2);
      expect(body.warnings).toEqual(["results truncated due to limit"]);
    }
  });

  it("ends when the client goes away", async () => {
    const before = await figure('fleetlight_query_failures_total{reason="canceled"}');
    const controller = new AbortController();
    // Each of 86,400 windows goes over 86,400 points, which takes far longer than this test.
    const slow = "sum_over_time(sum_over_time(vector(1)[1d:1s])[1d:1s])";
    const parameters = { query: slow, time: String(T) };
    const asked = get("query", parameters, { signal: controller.signal });
    const ended = asked.then(
      () => "answered",
      (error: Error) => error.name,
    );
    await until(
      () => figure("fleetlight_query_in_flight"),
      (running) => running > 0,
      20_000,
    );
    controller.abort();
    expect(await ended).toBe("AbortError");
    await until(
      () => figure('fleetlight_query_failures_total{reason="canceled"}'),
      (count) => count > (Number.isNaN(before) ? 0 : before),
      20_000,
    );
    expect(await figure("fleetlight_query_in_flight")).toBe(0);
  });
});

describe("answers", () => {
  const raw = async (query: string, encoding: string) => {
    const url = `${server.url}/api/v1/query_range?${new URLSearchParams({ query, ...RANGE })}`;
    // Node's fetch decodes by itself; a plain request shows the bytes.
    const { request } = await import("node:http");
    return new Promise<{ headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
      request(url, { headers: { "accept-encoding": encoding } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve({ headers: answer.headers, bytes: Buffer.concat(chunks) }));
        answer.on("error", reject);
      }).end();
    });
  };

  it.each([
    ["small", 'many{i="0000"}', false],
    ["of one piece", 'many{i=~"000.|001."}', true],
    ["streamed", "many", true],
  ])("that are %s are the same in every encoding", async (_size, query, compressed) => {
    const plain = await raw(query, "identity");
    expect(plain.headers).not.toHaveProperty("content-encoding");
    expect(plain.headers).toMatchObject({
      "content-type": "application/json",
      vary: "accept-encoding",
    });
    for (const [encoding, decode] of [
      ["gzip", gunzipSync],
      ["zstd", zstdDecompressSync],
    ] as const) {
      const { headers, bytes } = await raw(query, encoding);
      expect(headers["content-encoding"]).toBe(compressed ? encoding : undefined);
      expect((compressed ? decode(bytes) : bytes).equals(plain.bytes)).toBe(true);
    }
    const { data } = JSON.parse(plain.bytes.toString());
    expect(data.result.length).toBeGreaterThan(0);
    for (const { values } of data.result) expect(values).toHaveLength(9);
  });

  it("may be read by pages of the origins that are allowed", async () => {
    const headers = { origin: "https://grafana.example" };
    for (const query of ["1", "many"]) {
      const answer = await get("query_range", { query, ...RANGE }, { headers });
      expect(answer.headers.get("access-control-allow-origin")).toBe("https://grafana.example");
    }
  });
});

describe("range answers that are kept", () => {
  it("are given again, extended, and never stale", async () => {
    const labels: TestSeries["labels"] = [["__name__", "growing"]];
    await write([{ labels, samples: points(5, (i) => i) }]);
    const parameters = { query: "growing * 2", ...RANGE };
    const ranges = async (more: Parameters = {}) => {
      const kept = await get("query_range", { ...parameters, ...more });
      const fresh = await get("query_range", { ...parameters, ...more, nocache: "1" });
      expect(kept.body).toEqual(fresh.body);
      return (kept.body.data as { result: { values: unknown[] }[] }).result[0]?.values ?? [];
    };
    const hits = await figure("fleetlight_query_cache_hits_total");
    await ranges();
    expect(await figure("fleetlight_query_cache_hits_total")).toBe(hits);
    const before = await ranges();
    expect(await figure("fleetlight_query_cache_hits_total")).toBe(hits + 1);

    await write([{ labels, samples: [[(T + STEP) * 1000, 99]] }]);
    expect((await ranges({ end: String(T + STEP) })).at(-1)).toEqual([T + STEP, "198"]);
    expect(await figure("fleetlight_query_cache_hits_total")).toBe(hits + 2);

    // A late sample changes what was kept.
    await write([{ labels, samples: [[(T - 100) * 1000, 7]] }]);
    expect((await ranges()).length).toBeGreaterThan(before.length);
  });
});

describe("series and labels", () => {
  it("are found by selectors, ranges and limits", async () => {
    const { body } = await post("series", { "match[]": 'many{i=~"000[12]"}' });
    expect(body.data).toEqual([
      { __name__: "many", i: "0001" },
      { __name__: "many", i: "0002" },
    ]);
    const limited = await get("series", { "match[]": "many", limit: "3" });
    expect(limited.body.data).toHaveLength(3);
    expect(limited.body.warnings).toEqual(["results truncated due to limit"]);
    const two = await ask<Body>(
      `${server.url}/api/v1/series?match[]=dotted&match[]={"dotted.name"}&match[]=http_requests_total`,
    );
    expect(two.body.data).toHaveLength(2);
    expect((await get("series", { "match[]": "many", start: "0", end: "1" })).body.data).toEqual(
      [],
    );
    expect((await get("labels", { "match[]": "many" })).body.data).toEqual(["__name__", "i"]);
    expect((await get("labels", { limit: "1" })).body).toMatchObject({
      data: ["__name__"],
      warnings: ["results truncated due to limit"],
    });
    const values = await get("label/i/values", { "match[]": 'many{i=~"..1[0-2]"}' });
    expect(values.body.data).toEqual([
      "0010",
      "0011",
      "0012",
      "0110",
      "0111",
      "0112",
      "0210",
      "0211",
      "0212",
    ]);
    for (const name of ["lab.el", "U__lab_2e_el"])
      expect((await get(`label/${name}/values`)).body.data).toEqual(['v"\\\n']);
    const posted = await post("label/i/values", { "match[]": 'many{i="0001"}' });
    expect(posted.body.data).toEqual(["0001"]);
  });

  it.each([
    ["series", {}, "no match[] parameter provided"],
    ["series", { "match[]": "{}" }, /^invalid parameter "match\[\]": match\[\] must contain/],
    ["series", { "match[]": "a", start: "5", end: "1" }, /end timestamp must not be before/],
    ["labels", { "match[]": "a{" }, /^1:3: parse error: unexpected end of input inside braces/],
    ["labels", { "match[]": "rate(a[5m])" }, /parse error/],
    [
      "label/x/values",
      { start: "x" },
      /^invalid parameter "start": invalid time value for 'start'/,
    ],
    ["query_exemplars", { query: "a", start: "5", end: "1" }, /end timestamp must not be before/],
    ["query_exemplars", { query: "(" }, /^1:2: parse error/],
    ["targets/metadata", { match_target: "{" }, /^invalid parameter "match_target"/],
    ["metadata", { limit: "x" }, "limit must be a number"],
    ["status/tsdb", { limit: "0" }, "limit must be a positive number"],
    ["rules", { type: "x" }, 'invalid parameter "type": not supported value "x"'],
    [
      "rules",
      { type: "constructor" },
      'invalid parameter "type": not supported value "constructor"',
    ],
    ["rules", { group_next_token: "x" }, /group_limit needs to be set/],
    ["rules", { "match[]": "1" }, /^1:1: parse error/],
    ["rules", { "match[]": "{}" }, /^match\[\] must contain/],
  ])("%s %j is refused", async (path, parameters: Parameters, message) => {
    const { status, body } = await get(path, parameters);
    expect([status, body.errorType]).toEqual([400, "bad_data"]);
    expect(body.error).toMatch(message);
  });

  it("carry the exemplars that were written", async () => {
    const { body } = await get("query_exemplars", {
      query: "sum(rate(http_requests_total[5m])) / 2",
      start: String(T - 60),
      end: String(T),
    });
    expect(body.data).toEqual([
      {
        seriesLabels: { __name__: "http_requests_total", job: "api", instance: "a:1" },
        exemplars: [{ labels: { trace_id: "abc" }, value: "0.25", timestamp: T - 5 }],
      },
    ]);
    expect((await get("query_exemplars", { query: "1 + 1" })).body.data).toEqual([]);
  });

  it("have metadata, as far as it was told", async () => {
    const all = await get("metadata");
    expect(all.body.data).toMatchObject({
      http_requests: [{ type: "counter", help: "Requests.", unit: "" }],
      many: [{ type: "gauge", help: "Many.", unit: "bytes" }],
    });
    expect(Object.keys((await get("metadata", { metric: "many" })).body.data)).toEqual(["many"]);
    expect(Object.keys((await get("metadata", { limit: "1" })).body.data)).toHaveLength(1);
    expect((await get("metadata", { limit_per_metric: "0" })).body.data).toEqual({});
  });
});

describe("tenants", () => {
  it("see their own samples only", async () => {
    const other = { "x-scope-orgid": "other" };
    const names = (headers: Record<string, string>) =>
      get("label/__name__/values", {}, { headers }).then(({ body }) => body.data as string[]);
    expect(await names(other)).toEqual(["theirs"]);
    expect(await names({})).not.toContain("theirs");
    const sum = await post("query", { query: "theirs", time: String(T) }, other);
    expect((sum.body.data as { result: unknown[] }).result).toHaveLength(1);
    const mine = await post("query", { query: "theirs", time: String(T) });
    expect((mine.body.data as { result: unknown[] }).result).toEqual([]);
  });

  it("must have a name that is allowed", async () => {
    const { status, body } = await get(
      "query",
      { query: "1" },
      { headers: { "x-scope-orgid": "a/b" } },
    );
    expect([status, body.errorType]).toEqual([400, "bad_data"]);
    expect(body.error).toMatch(/X-Scope-OrgID/);
  });
});

describe("status", () => {
  it("tells what clients look for", async () => {
    const data = async (path: string, parameters: Parameters = {}) =>
      (await get(`status/${path}`, parameters)).body.data as Record<string, unknown>;
    expect(await data("buildinfo")).toMatchObject({ version: expect.stringMatching(/^3\./) });
    expect(await data("flags")).toMatchObject({
      "query.timeout": "2m",
      "query.lookback-delta": "5m",
    });
    expect(await data("runtimeinfo")).toMatchObject({
      reloadConfigSuccess: true,
      storageRetention: "100y",
    });
    expect(await data("walreplay")).toMatchObject({ state: "done" });
    const tsdb = await data("tsdb", { limit: "2" });
    expect(tsdb).toMatchObject({
      headStats: { numSeries: expect.any(Number), numLabelPairs: expect.any(Number) },
      seriesCountByMetricName: [{ name: "many", value: MANY }, {}],
      labelValueCountByLabelName: [{ name: "i", value: MANY }, {}],
    });
    expect((tsdb["seriesCountByLabelValuePair"] as unknown[])[0]).toEqual({
      name: "__name__=many",
      value: MANY,
    });
  });

  it("of targets and pools is in upstream's shape", async () => {
    expect((await get("targets")).body.data).toMatchObject({
      activeTargets: expect.any(Array),
      droppedTargets: expect.any(Array),
      droppedTargetCounts: expect.any(Object),
    });
    expect((await get("targets", { state: "dropped" })).body.data).toMatchObject({
      activeTargets: [],
    });
    expect((await get("scrape_pools")).body.data).toMatchObject({ scrapePools: expect.any(Array) });
    expect((await get("targets/metadata")).body.data).toEqual(expect.any(Array));
    expect((await get("alertmanagers")).body.data).toEqual({
      activeAlertmanagers: [],
      droppedAlertmanagers: [],
    });
  });
});

describe("rules", () => {
  interface Groups {
    groups: {
      name: string;
      file: string;
      rules: { name: string; state?: string; alerts?: unknown[] }[];
    }[];
  }
  const groups = async (parameters: Parameters = {}) =>
    ((await get("rules", parameters)).body.data as Groups).groups;
  beforeEach(async () => {
    await ask(`${server.url}/api/v1/alerts/rules`, {
      json: {
        id: "queue",
        name: "Queue is long",
        metric: "queue_length",
        condition: ">",
        threshold: 5,
        labels: { team: "blue" },
      },
    });
  });

  it("of thresholds are shown as a group of alerting rules", async () => {
    const [group] = await groups();
    expect(group).toMatchObject({ name: "threshold rules", file: "fleetlight" });
    expect(group?.rules).toEqual([
      expect.objectContaining({
        name: "Queue is long",
        type: "alerting",
        query: "queue_length > 5",
        state: "inactive",
        labels: { severity: "warning", team: "blue" },
        alerts: [],
      }),
    ]);
  });

  it.each([
    [{ type: "record" }, 0],
    [{ type: "alert" }, 1],
    [{ "rule_name[]": "other" }, 0],
    [{ "rule_name[]": "Queue is long" }, 1],
    [{ "rule_group[]": "other" }, 0],
    [{ "file[]": "fleetlight" }, 1],
    [{ "match[]": '{team="blue"}' }, 1],
    [{ "match[]": '{team="red"}' }, 0],
    [{ group_limit: "1" }, 1],
  ])("are chosen by %j", async (parameters: Parameters, count) => {
    expect(await groups(parameters)).toHaveLength(count);
  });

  it("go without their alerts when asked", async () => {
    const [group] = await groups({ exclude_alerts: "true" });
    expect(group?.rules[0]).not.toHaveProperty("alerts");
  });
});

describe("federation", () => {
  const now = Math.floor(Date.now() / 1000);
  const federate = (match: string[], accept?: string) =>
    ask(
      `${server.url}/federate?${new URLSearchParams(match.map((one) => ["match[]", one]))}`,
      accept === undefined ? {} : { headers: { accept } },
    );
  beforeAll(() =>
    write([
      {
        labels: [
          ["__name__", "fed_b"],
          ["instance", "i:1"],
          ["l", 'a"\\\nb'],
        ],
        samples: [[now * 1000 - 1000, 1.5]],
      },
      { labels: [["__name__", "fed_a"]], samples: [[now * 1000 - 2000, Number.NaN]] },
      { labels: [["__name__", "fed_gone"]], samples: [[now * 1000 - 2000, "stale"]] },
      {
        labels: [
          ["__name__", "fed.ü"],
          ["lab.el", "v"],
        ],
        samples: [[now * 1000 - 3000, 1e21]],
      },
    ]),
  );

  it("gives the newest samples in the text format, by name", async () => {
    const { text, headers } = await federate(['{__name__=~"fed_.*"}', "fed_a"]);
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text.split("\n")).toEqual([
      "# TYPE fed_a untyped",
      `fed_a{instance=""} NaN ${now * 1000 - 2000}`,
      "# TYPE fed_b untyped",
      `fed_b{instance="i:1",l="a\\"\\\\\\nb"} 1.5 ${now * 1000 - 1000}`,
      "",
    ]);
  });

  it("writes names as the client can read them", async () => {
    const match = ['{"fed.ü"}'];
    expect((await federate(match)).text).toBe(
      `# TYPE fed__ untyped\nfed__{lab_el="v",instance=""} 1e+21 ${now * 1000 - 3000}\n`,
    );
    const accept = "text/plain;version=0.0.4;escaping=allow-utf-8";
    expect((await federate(match, accept)).text).toBe(
      `# TYPE "fed.ü" untyped\n{"fed.ü","lab.el"="v",instance=""} 1e+21 ${now * 1000 - 3000}\n`,
    );
  });

  it("says what is wrong with a selector, and gives nothing when nothing is asked", async () => {
    expect((await federate(["{"])).status).toBe(400);
    expect(await federate([])).toMatchObject({ status: 200, text: "" });
  });
});
