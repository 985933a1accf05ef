import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  double,
  integer,
  message,
  snappyCompress,
  text,
  varint,
  writeRequest,
  type TestSeries,
} from "../packages/server/src/collect/remote-write/fixture.ts";
import { startProduct, type Product } from "./support/product.ts";

/** What users and strangers send that is wrong, to the built product: status and text, and that it goes on as before. */

const MAX_BODY = 1 << 20;
const now = Date.now();
let dataDir = "";
let product: Product;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "fleetlight-abuse-"));
  product = await startProduct({
    dataDir,
    env: {
      FLEETLIGHT_HOST__ENABLED: "false",
      FLEETLIGHT_MONITORING__SELF_METRICS: "false",
      FLEETLIGHT_INGEST__MAX_BODY_BYTES: String(MAX_BODY),
      FLEETLIGHT_LIMITS__MAX_LABELS_PER_SERIES: "20",
      FLEETLIGHT_LIMITS__MAX_LABEL_VALUE_LENGTH: "1000",
      FLEETLIGHT_QUERY__MAX_SAMPLES: "10000",
      FLEETLIGHT_LOGGING__LEVEL: "warn",
    },
  });
  const { status } = await write(snappyCompress(writeRequest([series("sane", {}, 42)])));
  if (status !== 204) throw new Error(`the first sample was answered with ${status}`);
}, 60_000);
afterAll(async () => {
  const code = await product.stop();
  if (code !== 0) throw new Error(`the server ended with code ${code}:\n${product.output()}`);
  await rm(dataDir, { recursive: true, force: true });
});
/** Whatever was asked, the server is there, has lost nothing and took nothing of it for its own failure. */
afterEach(async () => {
  const { body } = await query("sane");
  if (!body.includes('"42"')) throw new Error(`a sample is not answered any more: ${body}`);
  if (/"level":"(?:error|fatal)"/.test(product.output())) throw new Error(product.output());
});

interface Answer {
  status: number;
  body: string;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${product.url}${path}`, init);
  return { status: answer.status, body: await answer.text() };
}

const V1 = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
const write = (body: Buffer, headers: Record<string, string> = V1): Promise<Answer> =>
  ask("/api/v1/write", { method: "POST", headers, body: new Uint8Array(body) });
const query = (expression: string, more: Record<string, string> = {}): Promise<Answer> =>
  ask("/api/v1/query", {
    method: "POST",
    body: new URLSearchParams({ query: expression, time: String(now / 1000), ...more }),
  });
const range = (more: Record<string, string>): Promise<Answer> =>
  ask(`/api/v1/query_range?${new URLSearchParams({ query: "sane", step: "1", ...more })}`);

function series(
  name: string,
  labels: Record<string, string>,
  value: number,
  timeMs = now,
): TestSeries {
  return { labels: Object.entries({ __name__: name, ...labels }), samples: [[timeMs, value]] };
}
const written = (...all: TestSeries[]): Buffer => snappyCompress(writeRequest(all));
/** One series whose label x has these bytes. */
const withBytes = (...bytes: number[]): Buffer =>
  snappyCompress(
    message(
      1,
      message(1, text(1, "__name__"), text(2, "bytes")),
      message(1, text(1, "x"), text(2, Buffer.from(bytes))),
      message(2, double(1, 1), integer(2, now)),
    ),
  );

describe("expressions", () => {
  it.each([
    ["", "unknown position: parse error: no expression found in input"],
    ["sane{", "1:6: parse error: unexpected end of input inside braces"],
    ["{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ["sane @ 1e20", "out of bounds for @ modifier: 100000000000000000000.000000"],
    ["sane[0s]", "1:6: parse error: duration must be greater than 0"],
    ["sane[293y]", "1:6: parse error: duration out of range"],
    ["sane\\u0000", "1:5: parse error: unexpected character: '\\\\\\\\'"],
    ["sane\0", "1:5: parse error: unexpected character: '\\\\x00'"],
    ['sane{a=~"(?=x)"}', "invalid or unsupported Perl syntax: `(?=`"],
    ['sane{a=~"x{1001}"}', "invalid repeat count: `{1001}`"],
    ['sane{a=~"("}', "missing closing ): `(`"],
    ["rate(sane)", "expected type range vector in call to function"],
    ['label_replace(sane, "x", "$1", "y", "(")', "invalid regular expression in label_replace()"],
    ["(".repeat(100_000), "expression is nested deeper than 200 levels"],
    [`1${"+1".repeat(100_000)}`, "expression has more than 300 operators"],
    ["a".repeat(300_000), "expression is longer than 262144 characters"],
  ])("%j are refused with their place", async (expression, reason) => {
    const { status, body } = await query(expression.slice(0, 400_000));
    expect(body).toContain(reason);
    expect(status).toBe(reason.includes("label_replace") ? 422 : 400);
    expect(JSON.parse(body)).toMatchObject({ status: "error" });
  });

  it.each([
    ["count_over_time(vector(1)[100y:1ms])", "query processing would load too many samples"],
    ["sum_over_time(sane[1000d:1s])", "query processing would load too many samples"],
  ])("%s costs no more than a query may", async (expression, reason) => {
    const { status, body } = await query(expression);
    expect(body).toContain(reason);
    expect(status).toBe(422);
  });

  it.each([
    ['sane{instance!~"(x+x+)+y(a|a)*b"}'],
    ['sane{instance!~"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z"}'],
    ["sane @ 9223372036854775"],
    ["sane offset -290y"],
    ["sum_over_time(sane[290y])"],
    ["sane # a comment"],
  ])("%s are answered", async (expression) => {
    expect((await query(expression)).status).toBe(200);
  });
});

describe("parameters", () => {
  it.each<[Record<string, string>, string]>([
    [{ start: "0", end: "11001" }, "exceeded maximum resolution of 11,000 points per timeseries"],
    [{ start: "-1e300", end: "1e300" }, "exceeded maximum resolution of 11,000 points"],
    [{ start: "5", end: "1" }, "end timestamp must not be before start time"],
    [{ start: "x", end: "1" }, 'cannot parse \\"x\\" to a valid timestamp'],
    [{ start: "1", end: "1", step: "0" }, "zero or negative query resolution step widths"],
    [{ start: "1", end: "1", step: "-1" }, "zero or negative query resolution step widths"],
    [{ start: "1", end: "1", step: "300y" }, 'cannot parse \\"300y\\" to a valid duration'],
    [{ start: "1", end: "1", query: "sane[5m]" }, 'invalid expression type \\"range vector\\"'],
    [{ start: "1", end: "1", limit: "-1" }, "limit must be non-negative"],
    [{ start: "1", end: "1", timeout: "x" }, 'cannot parse \\"x\\" to a valid duration'],
  ])("%j of a range query are refused", async (parameters, reason) => {
    const { status, body } = await range(parameters);
    expect(body).toContain(reason);
    expect(status).toBe(400);
  });

  it.each<[string, number, string]>([
    ["/api/v1/series", 400, "no match[] parameter provided"],
    ["/api/v1/series?match[]={}", 400, "must contain at least one non-empty matcher"],
    ["/api/v1/series?match[]=sane[5m]", 400, '1:5: parse error: unexpected \\"[\\"'],
    ["/api/v1/series?match[]=a&start=x", 400, "invalid time value for 'start'"],
    ["/api/v1/label/%FF/values", 400, "is not a valid url component"],
    ["/api/v1/label/U___110000_/values", 200, '"data":[]'],
    ["/api/v1/label/..%2f..%2fetc%2fpasswd/values", 200, '"data":[]'],
    ["/api/v1/label/%27%29%3B%20DROP%20TABLE%20samples/values", 200, '"data":[]'],
    ["/federate?match[]=sane{", 400, "unexpected end of input inside braces"],
    ["/api/v1/query_exemplars?query=sane&start=2&end=1", 400, "must not be before start"],
  ])("%s is answered with %d", async (path, status, reason) => {
    const answer = await ask(path);
    expect(answer.body).toContain(reason);
    expect(answer.status).toBe(status);
  });

  it.each(["../x", "..", ".", "a/b", "a'b;--\"", "x".repeat(151), "a b"])(
    "%j is no tenant",
    async (tenant) => {
      const headers = { "x-scope-orgid": tenant };
      const { status, body } = await ask("/api/v1/query?query=sane", { headers });
      expect(body).toContain("X-Scope-OrgID: a tenant is 1 to 150 letters");
      expect(status).toBe(400);
    },
  );
});

describe("remote write", () => {
  it.each<[string, Buffer, number, string]>([
    ["a bomb of 4 GiB", Buffer.concat([varint(4_294_967_295), Buffer.alloc(2)]), 413, "4294967295"],
    ["a bomb beyond 32 bits", Buffer.concat([varint(2n ** 40n), Buffer.alloc(2)]), 400, "32-bit"],
    ["a bomb within the limit", Buffer.concat([varint(MAX_BODY), Buffer.alloc(2)]), 400, "short"],
    ["no snappy", Buffer.from("hello"), 400, "snappy"],
    ["a copy from before the start", Buffer.from([10, 5, 5, 0, 0]), 400, "before the content"],
    ["no protobuf", snappyCompress(Buffer.from("hello")), 400, "protobuf"],
    [
      "a field beyond the end",
      snappyCompress(Buffer.from([10, 255, 255, 255, 255, 15])),
      400,
      "beyond",
    ],
    [
      "a label twice",
      written({
        labels: [
          ["__name__", "m"],
          ["a", "1"],
          ["a", "2"],
        ],
        samples: [[now, 1]],
      }),
      400,
      'duplicated label "a"',
    ],
    [
      "no name",
      written({ labels: [["a", "1"]], samples: [[now, 1]] }),
      400,
      "the series has no name",
    ],
    ["an empty label name", written(series("m", { "": "x" }, 1)), 400, "a label has an empty name"],
    ["no UTF-8", withBytes(0xff), 400, "not valid UTF-8"],
    ["a surrogate", withBytes(0xed, 0xa0, 0x80), 400, "not valid UTF-8"],
    ["overlong UTF-8", withBytes(0xc0, 0xaf), 400, "not valid UTF-8"],
    [
      "a long value",
      written(series("m", { a: "x".repeat(1001) }, 1)),
      400,
      "max_label_value_length is 1000",
    ],
    [
      "many labels",
      written(
        series("m", Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, "x"])), 1),
      ),
      400,
      "max_labels_per_series is 20",
    ],
    [
      "a sample of tomorrow",
      written(series("m", {}, 1, now + 86_400_000)),
      400,
      "too far in the future",
    ],
    ["a sample from before 1970", written(series("m", {}, 1, -1)), 400, "out of bounds"],
    [
      "another value at a known time",
      written(series("sane", {}, 43)),
      400,
      "duplicate sample for timestamp",
    ],
    [
      "a histogram that does not add up",
      written({
        labels: [["__name__", "h"]],
        histograms: [
          {
            timeMs: now,
            countInt: 1,
            sum: 1,
            schema: 0,
            positiveSpans: [[0, 2]],
            positiveDeltas: [5, 1],
          },
        ],
      }),
      400,
      "observation count should equal",
    ],
  ])("of %s is refused", async (_what, body, status, reason) => {
    const answer = await write(body);
    expect(answer.body).toContain(reason);
    expect(answer.status).toBe(status);
  });

  it("of names and values that are SQL, control characters or markup is kept as it is", async () => {
    const odd = [
      "'); DROP TABLE samples; --",
      "\0\u0001\u007f",
      "<script>",
      "\\' OR 1=1",
      "\u2028{}",
    ];
    const all = odd.map((name, i) => series(name, { [name]: name }, i));
    expect(await write(written(...all))).toEqual({ status: 204, body: "" });
    for (const [i, name] of odd.entries()) {
      const quoted = JSON.stringify(name).replace("\u007f", "\\u007f");
      const { body } = await query(`{${quoted}, ${quoted}=${quoted}}`);
      const answer = JSON.parse(body) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      expect(answer.data.result.map(({ metric, value }) => [metric, value[1]])).toEqual([
        [{ __name__: name, [name]: name }, String(i)],
      ]);
    }
  });
});

describe("pushes and OTLP", () => {
  const put = (path: string, body: string, headers: Record<string, string> = {}) =>
    ask(`/metrics/job${path}`, { method: "PUT", body, headers });

  it.each<[string, string, number, string]>([
    ["@base64/!!!", "foo 1\n", 400, "not base64"],
    ["/x/a@base64/_w==", "foo 1\n", 400, "not base64 of a UTF-8 text"],
    ["/x/a", "foo 1\n", 400, "do not come in pairs"],
    ["/x/__name__/a", "foo 1\n", 400, "improper label name"],
    ["/x/%2e%2e%2fa/b", "foo{ 1\n", 400, ""],
    ["/x", "foo 1 1234\n", 400, "must not have timestamps"],
    ["/x", "foo 1\nfoo 2\n", 400, "is in the body twice"],
    ["/x", `foo{a="${"x".repeat(1001)}"} 1\n`, 400, "max_label_value_length is 1000"],
  ])("a push to job%s of %j is refused", async (path, body, status, reason) => {
    const answer = await put(path, body);
    expect(answer.body).toContain(reason);
    expect(answer.status).toBe(status);
  });

  it.each<[string, string | Buffer, Record<string, string>, number]>([
    ["a bomb", gzipSync(Buffer.alloc(8 * MAX_BODY, 32)), { "content-encoding": "gzip" }, 413],
    ["no gzip", "x", { "content-encoding": "gzip" }, 400],
    ["another compression", "x", { "content-encoding": "br" }, 415],
    ["another type", "{}", { "content-type": "text/plain" }, 415],
    ["no JSON", "{", {}, 400],
    ["JSON of another shape", "[]", {}, 400],
    ["deep JSON", "[".repeat(100_000) + "]".repeat(100_000), {}, 400],
    ["no protobuf", "hello", { "content-type": "application/x-protobuf" }, 400],
  ])("OTLP of %s is refused", async (_what, body, headers, status) => {
    const answer = await ask("/v1/metrics", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : new Uint8Array(body),
    });
    expect(answer.status, answer.body).toBe(status);
  });
});

it("counts what was refused", async () => {
  const { body } = await ask("/metrics");
  for (const reason of [
    "malformed",
    "invalid_labels",
    "label_limit",
    "future",
    "duplicate_timestamp",
  ])
    expect(body).toMatch(
      new RegExp(`^fleetlight_ingest_refused_total\\{reason="${reason}"\\} [1-9]`, "m"),
    );
});
