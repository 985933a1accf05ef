import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import {
  snappyCompress,
  writeRequest,
  type TestSeries,
} from "../../../../collect/remote-write/fixture.ts";
import { ask, makeSite } from "../../../fixture.ts";
import { feed, QUIET, sharedFile } from "./fixture.ts";

/** What Prometheus 3.5.3 answered, with the data that `probe.mjs` beside it feeds. */
const file = sharedFile("promql/api/golden-3.5.3.json");
if (file === undefined) console.warn("SKIPPED shared/promql/api/golden-3.5.3.json is absent");

interface Probe {
  path: string;
  params: Record<string, string>;
  http: number;
  body: unknown;
}

const T = 1_767_225_600_000;
const series = (
  labels: Record<string, string>,
  value: (i: number) => number | "stale",
): TestSeries => ({
  labels: Object.entries(labels),
  samples: Array.from({ length: 10 }, (_, i) => [T - (9 - i) * 15_000, value(i)] as const),
});
const DATA = [
  series({ __name__: "a", x: "1" }, (i) => i),
  series({ __name__: "a", x: "2" }, (i) => i * 2),
  series({ __name__: "reqs_total", x: "1" }, (i) => (i > 5 ? i - 5 : i + 10)),
  series({ __name__: "b_bucket", le: "1" }, () => 5),
  series({ __name__: "b_bucket", le: "2" }, () => 3),
  series({ __name__: "b_bucket", le: "+Inf" }, () => 6),
  series({ __name__: "dotted.name", "lab.el": "v" }, () => 1e21),
  series({ __name__: "small" }, () => 1e-7),
  series({ __name__: "sixth" }, () => 1e-6),
  series({ __name__: "negzero" }, () => -0),
  series({ __name__: "nan" }, () => Number.NaN),
  series({ __name__: "big" }, () => 123_456_789_012_345_680_000),
  series({ __name__: "gone" }, (i) => (i === 9 ? "stale" : i)),
  series({ __name__: "ünïcode", l: 'späße "q" \\ \n' }, () => 1),
];

/** These are asked by GET, the others by a form. */
const BY_GET = /^(?:label\/|metadata$|rules$|alerts$)/;

/** The order of an instant vector has no meaning unless the query gives it one. */
function comparable({ params }: Probe, body: unknown): unknown {
  const { data } = body as { data?: { resultType?: string; result?: { metric: object }[] } };
  if (data?.resultType !== "vector" || /sort|topk|bottomk/.test(params["query"] ?? "")) return body;
  const key = (entry: { metric: object }) =>
    JSON.stringify(Object.entries(entry.metric).toSorted());
  const result = (data.result ?? []).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return { ...(body as object), data: { ...data, result } };
}

describe.skipIf(file === undefined)("what Prometheus 3.5.3 answered", () => {
  const probes = file === undefined ? [] : (JSON.parse(readFileSync(file, "utf8")) as Probe[]);
  const site = makeSite(QUIET);
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(site);
    await feed(server.url, snappyCompress(writeRequest(DATA)));
  });
  afterAll(async () => {
    await server.stop();
    site.remove();
  });

  it.each(probes.map((probe) => [`${probe.path} ${JSON.stringify(probe.params)}`, probe] as const))(
    "%s",
    async (_name, probe) => {
      const form = new URLSearchParams(probe.params);
      const url = `${server.url}/api/v1/${probe.path}`;
      const answer = BY_GET.test(probe.path)
        ? await ask<unknown>(`${url}?${form}`)
        : await ask<unknown>(url, { method: "POST", body: form });
      expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
      expect([answer.status, comparable(probe, answer.body)]).toEqual([
        probe.http,
        comparable(probe, probe.body),
      ]);
    },
  );
});
