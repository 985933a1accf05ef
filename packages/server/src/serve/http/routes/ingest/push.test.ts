import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../../fixture.ts";

const site = makeSite({
  host: { enabled: false },
  scrape: { interval: "200ms", timeout: "200ms", sample_limit: 100 },
  limits: { max_label_value_length: 500 },
  ingest: { max_push_groups: 20, max_body_bytes: 8192 },
});
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const push = (
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
) =>
  ask(`${server.url}/metrics${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
type Result = { metric: Record<string, string>; value: [number, string] }[];
async function query(text: string, tenant = "default"): Promise<Result> {
  const answer = await ask<{ data: { result: Result } }>(
    `${server.url}/api/v1/query?${new URLSearchParams({ query: text })}`,
    { headers: { "x-scope-orgid": tenant } },
  );
  return answer.body.data.result;
}
const values = async (text: string) =>
  Object.fromEntries(
    (await query(text)).map(({ metric, value }) => [metric["__name__"], value[1]]),
  );

it("keeps what was pushed under the labels of its path, which win", async () => {
  const body = '# TYPE size gauge\nsize{job="theirs",zone="eu"} 3\nother 4\n';
  expect((await push("PUT", "/job/p1/instance/i1", body)).status).toBe(200);
  const [size] = await query("size");
  expect(size?.metric).toEqual({ __name__: "size", job: "p1", instance: "i1", zone: "eu" });
  expect(size?.value[1]).toBe("3");
  const [time] = await query('push_time_seconds{job="p1"}');
  expect(Number(time?.value[1])).toBeGreaterThan(1.7e9);
  expect((await query('push_failure_time_seconds{job="p1"}'))[0]?.value[1]).toBe("0");
});

it("samples a group again while it stands", async () => {
  await push("PUT", "/job/p2", "again 1\n");
  const [{ value } = { value: [0, "0"] }] = await until(
    () => query('count_over_time(again{job="p2"}[1m])'),
    ([one]) => Number(one?.value[1]) >= 4,
    20_000,
  );
  expect(Number(value[1])).toBeGreaterThanOrEqual(4);
});

it("replaces the group with PUT, and the metrics of the same names with POST", async () => {
  await push("PUT", "/job/p3", 'a{x="1"} 1\na{x="2"} 2\nb 3\n');
  await push("POST", "/job/p3", 'a{x="3"} 9\n');
  expect((await query('a{job="p3"}')).map(({ metric }) => metric["x"])).toEqual(["3"]);
  expect((await query('b{job="p3"}'))[0]?.value[1]).toBe("3");
  await push("PUT", "/job/p3", "b 7\n");
  expect(await query('a{job="p3"}')).toEqual([]);
  expect((await query('b{job="p3"}'))[0]?.value[1]).toBe("7");
});

it("replaces a histogram as a whole", async () => {
  const histogram = (bounds: string[]) =>
    `# TYPE h histogram\n${bounds.map((le) => `h_bucket{le="${le}"} 1\n`).join("")}h_sum 1\nh_count 1\n`;
  await push("PUT", "/job/p4", histogram(["1", "5", "+Inf"]));
  await push("POST", "/job/p4", histogram(["2", "+Inf"]));
  const bounds = (await query('h_bucket{job="p4"}')).map(({ metric }) => metric["le"]);
  expect(bounds.toSorted()).toEqual(["+Inf", "2.0"]);
});

it("ends the series of a group that is deleted, its own included", async () => {
  await push("PUT", "/job/p5", "gone 1\n");
  expect(await query('{job="p5"}')).toHaveLength(3);
  expect((await push("DELETE", "/job/p5")).status).toBe(202);
  expect(await query('{job="p5"}')).toEqual([]);
  expect((await push("DELETE", "/job/p5")).status).toBe(202);
});

it("takes OpenMetrics, compressed bodies, encoded labels and several tenants", async () => {
  const openMetrics = { "content-type": "application/openmetrics-text; version=1.0.0" };
  expect(
    (await push("PUT", "/job@base64/YS9i", "# TYPE c counter\nc_total 5\n# EOF\n", openMetrics))
      .status,
  ).toBe(200);
  expect((await query('c_total{job="a/b"}'))[0]?.value[1]).toBe("5");
  await push("PUT", "/job/p6", gzipSync("zipped 6\n"), { "content-encoding": "gzip" });
  expect(await values('zipped{job="p6"}')).toEqual({ zipped: "6" });
  await push("PUT", "/job/p6", "mine 1\n", { "x-scope-orgid": "other" });
  expect(await query("mine", "other")).toHaveLength(1);
  expect(await query("mine")).toEqual([]);
});

describe("refuses", () => {
  it.each<[string, string, string, Record<string, string>, number]>([
    ["a body that is no exposition", "/job/r1", "what is this{\n", {}, 400],
    ["timestamps", "/job/r2", "a 1 1700000000000\n", {}, 400],
    ["a series that comes twice", "/job/r3", "a 1\na 2\n", {}, 400],
    [
      "a series that becomes another by its group",
      "/job/r4/x/1",
      'a{x="2"} 1\na{x="3"} 2\n',
      {},
      400,
    ],
    ["names of its own", "/job/r5", "push_time_seconds 1\n", {}, 400],
    ["a group without a job", "/job@base64/=", "a 1\n", {}, 400],
    [
      "protocol buffers",
      "/job/r6",
      "x",
      { "content-type": "application/vnd.google.protobuf" },
      415,
    ],
    ["a large body", "/job/r7", `a 1${" ".repeat(9000)}\n`, {}, 413],
  ])("%s", async (_name, path, body, headers, status) => {
    const answer = await push("PUT", path, body, headers);
    expect(answer.status, answer.text).toBe(status);
    expect(await query('{job=~"r.*"}')).toEqual([]);
  });

  it("a wrong push to a known group, which keeps what it had and tells the time", async () => {
    await push("PUT", "/job/p7", "kept 1\n");
    expect((await push("POST", "/job/p7", "kept{\n")).status).toBe(400);
    expect((await query('kept{job="p7"}'))[0]?.value[1]).toBe("1");
    expect(
      Number((await query('push_failure_time_seconds{job="p7"}'))[0]?.value[1]),
    ).toBeGreaterThan(1.7e9);
  });

  it("more groups than allowed", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++)
      statuses.push((await push("PUT", `/job/many/i/${i}`, "m 1\n")).status);
    expect(statuses.at(0)).toBe(200);
    expect(statuses.at(-1)).toBe(429);
    for (let i = 0; i < 25; i++) await push("DELETE", `/job/many/i/${i}`);
  });
});

it("leaves the server's own metrics where they are", async () => {
  const own = await ask(`${server.url}/metrics`);
  expect(own.status).toBe(200);
  expect(own.text).toContain("fleetlight_push_groups");
});

it("has its groups again after a restart", async () => {
  await push("PUT", "/job/p8", "kept_over_restart NaN\nalso +Inf\n");
  await server.stop();
  server = await startServer(site);
  const before = Date.now() / 1000;
  const [again] = await until(
    () => query('timestamp(kept_over_restart{job="p8"})'),
    ([one]) => Number(one?.value[1]) >= before,
    20_000,
  );
  expect(Number(again?.value[1])).toBeGreaterThanOrEqual(before);
  expect((await query('also{job="p8"}'))[0]?.value[1]).toBe("+Inf");
});

describe("a push over a limit", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => `limited{i="${i}"} 1\n`).join("");

  it.each([
    ["too many samples", many(101), /more than 100 samples \(scrape\.sample_limit\)/],
    ["a long label", `limited{a="${"x".repeat(501)}"} 1\n`, /max_label_value_length is 500/],
    ["bad labels after good ones", `limited 1\nlimited{a="${"x".repeat(501)}"} 1\n`, /too long/],
  ])("with %s is refused, and its group stays as it was", async (_what, body, reason) => {
    await push("PUT", "/job/p-limits", "limited_before 7\n");
    const answer = await push("PUT", "/job/p-limits", body);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(reason);
    expect(await query("limited")).toEqual([]);
    expect(await values('limited_before{job="p-limits"}')).toEqual({ limited_before: "7" });
    // What was refused is not kept: the next good push finds nothing of it to end.
    expect((await push("PUT", "/job/p-limits", "limited_after 8\n")).status).toBe(200);
    expect(await query("limited_before")).toEqual([]);
    expect((await push("DELETE", "/job/p-limits")).status).toBe(202);
  });

  it("may bring as many samples as the limit says", async () => {
    expect((await push("PUT", "/job/p-most", many(100))).status).toBe(200);
    expect(await query('limited{job="p-most"}')).toHaveLength(100);
    expect((await push("PUT", "/job/p-most", many(50))).status).toBe(200);
    expect(await query('limited{job="p-most"}')).toHaveLength(50);
    expect((await push("DELETE", "/job/p-most")).status).toBe(202);
    expect(await query('limited{job="p-most"}')).toEqual([]);
  });
});
