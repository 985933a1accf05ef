import { afterEach, describe, expect, it } from "vitest";

import { quietOptions, TestStores } from "../fixture.ts";
import { decodeRecords, draftBatch, sealRecord } from "../wal-records.ts";
import { logLine } from "./fixture.ts";
import { wordsOf } from "./matches.ts";
import type { LogFilter, LogLine, LogQuery } from "./types.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_780_315_260_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";

const options = quietOptions(NOW_MS, { tracesMs: 10 * DAY_MS });

const everything: LogQuery = { startMs: 0, endMs: NOW_MS, limit: 100 };

const stores = new TestStores(options);
const open = (kind: "memory" | "chdb") => stores.open(kind);
afterEach(() => stores.remove());

/** The moment so many seconds before now, in nanoseconds. */
const ago = (seconds: number, nanoseconds = 0): string =>
  String(BigInt(NOW_MS - seconds * 1000) * 1_000_000n + BigInt(nanoseconds));

const term = (text: string, negated = false) => ({ text, words: wordsOf(text), negated });

const full = logLine({
  severity: 17,
  severityText: "ERROR",
  event: "gen_ai.choice",
  body: "Connection refused by peer_7: ÜBER",
  traceId: TRACE,
  spanId: "b7ad6b7169203331",
  agent: "lead",
  workflow: "w",
  task: "t",
  conversation: "c",
  attributes: { "http.method": "GET", empty: "" },
  resource: { "service.name": "fleet", zone: "a" },
});
const other = logLine({
  timeNs: ago(10),
  service: "desk",
  agent: "helper",
  body: "all is well",
  attributes: { zone: "b" },
});

describe.each(["memory", "chdb"] as const)("log lines in %s", (kind) => {
  it.each([false, true])("come back as they were given (in tables: %s)", async (flushed) => {
    const { logs, flush } = await open(kind);
    await logs.append("default", [full]);
    if (flushed) await flush();
    const [row] = await logs.find("default", everything);
    expect(row).toEqual({ ...full, seq: NOW_MS * 1000 + 1 });
    expect(await logs.find("other", everything)).toEqual([]);
  });

  it.each([false, true])("are found by what they are (in tables: %s)", async (flushed) => {
    const { logs, flush } = await open(kind);
    await logs.append("default", [full, other]);
    if (flushed) await flush();
    const found = async (filter: Partial<LogFilter>) =>
      (await logs.find("default", { ...everything, ...filter })).map(({ service }) => service);
    expect(await found({})).toEqual(["desk", "fleet"]);
    expect(await found({ service: "fleet" })).toEqual(["fleet"]);
    expect(await found({ agent: "helper" })).toEqual(["desk"]);
    const agentSpans = new Set(["b7ad6b7169203331", "'); --"]);
    expect(await found({ agent: "helper", agentSpans })).toEqual(["desk", "fleet"]);
    expect(await found({ agent: "nobody", agentSpans: new Set<string>() })).toEqual([]);
    expect(await found({ event: "gen_ai.choice" })).toEqual(["fleet"]);
    expect(await found({ traceId: TRACE })).toEqual(["fleet"]);
    expect(await found({ traceId: TRACE, spanId: "00f067aa0ba902b7" })).toEqual([]);
    expect(await found({ minSeverity: 13 })).toEqual(["fleet"]);
    expect(await found({ maxSeverity: 12 })).toEqual(["desk"]);
    expect(await found({ attributes: { "http.method": "GET" } })).toEqual(["fleet"]);
    expect(await found({ attributes: { zone: "a" } })).toEqual(["fleet"]);
    expect(await found({ attributes: { zone: "b" } })).toEqual(["desk"]);
    expect(await found({ attributes: { zone: "c" } })).toEqual([]);
    expect(await found({ attributes: { empty: "" } })).toEqual(["desk", "fleet"]);
    expect(await found({ startMs: NOW_MS - 20_000 })).toEqual(["desk"]);
    expect(await found({ endMs: NOW_MS - 20_000 })).toEqual(["fleet"]);
    expect(await found({ startMs: 1e300 })).toEqual([]);
  });

  it.each([false, true])("are found by words and phrases (in tables: %s)", async (flushed) => {
    const { logs, flush } = await open(kind);
    await logs.append("default", [full, other]);
    if (flushed) await flush();
    const found = async (...terms: ReturnType<typeof term>[]) =>
      (await logs.find("default", { ...everything, terms })).map(({ service }) => service);
    expect(await found(term("connection"))).toEqual(["fleet"]);
    expect(await found(term("refused"), term("peer_7"))).toEqual(["fleet"]);
    expect(await found(term("refused by"))).toEqual(["fleet"]);
    expect(await found(term("by refused"))).toEqual([]);
    expect(await found(term("connect"))).toEqual([]);
    expect(await found(term("über"))).toEqual(["fleet"]);
    expect(await found(term("7:"))).toEqual(["fleet"]);
    expect(await found(term(":"))).toEqual(["fleet"]);
    expect(await found(term("connection", true))).toEqual(["desk"]);
    expect(await found(term("refused by", true))).toEqual(["desk"]);
    expect(await found(term("is"), term("connection", true))).toEqual(["desk"]);
  });

  it("come in pages without gaps or doubles, also where many have one time", async () => {
    const { logs, flush } = await open(kind);
    const lines = Array.from({ length: 10 }, (_, i) =>
      logLine({ timeNs: ago(i < 5 ? 400 : 2, i === 9 ? 1 : 0), body: `line ${i}` }),
    );
    await logs.append("default", lines.slice(0, 4));
    await flush();
    await logs.append("default", lines.slice(4, 8));
    await flush();
    await logs.append("default", lines.slice(8));
    const bodies: string[] = [];
    let before;
    for (;;) {
      const page = await logs.find("default", { ...everything, limit: 3, before });
      if (page.length === 0) break;
      bodies.push(...page.map(({ body }) => body));
      before = page.at(-1);
    }
    expect(bodies).toEqual(lines.map(({ body }) => body).toReversed());
    const [newest, , third] = await logs.find("default", everything);
    const next = await logs.find("default", { ...everything, limit: 1, after: third });
    expect(next.map(({ body }) => body)).toEqual(["line 8"]);
    expect(await logs.find("default", { ...everything, after: newest })).toEqual([]);
    const two = await logs.find("default", { ...everything, limit: 2, after: third });
    expect(two.map(({ body }) => body)).toEqual(["line 9", "line 8"]);
  });

  it.each(["waiting", "both", "tables"])("are counted (in %s)", async (where) => {
    const { logs, flush } = await open(kind);
    await logs.append("default", [full, full, logLine({ severity: 0, timeNs: ago(55) })]);
    if (where !== "waiting") await flush();
    await logs.append("default", [other]);
    if (where === "tables") await flush();
    const counts = await logs.counts("default", everything, 30_000);
    const step = NOW_MS - 60_000;
    expect(counts).toEqual([
      { startMs: step, level: 0, count: 1 },
      { startMs: step, level: 5, count: 2 },
      { startMs: step + 30_000, level: 3, count: 1 },
    ]);
    const some = await logs.counts("default", { ...everything, minSeverity: 17 }, 3_600_000);
    expect(some.map(({ count }) => count)).toEqual([2]);
    expect(await logs.names("default", everything)).toEqual({
      services: ["fleet", "desk"],
      agents: ["lead", "helper"],
      events: ["gen_ai.choice"],
      attributes: ["empty", "http.method", "zone"],
    });
    expect(await logs.values("default", everything, "zone")).toEqual(["a", "b"]);
  });

  it("texts are data, whatever they look like", async () => {
    const { logs, flush } = await open(kind);
    const evil = "'); DROP TABLE logs; -- \n\n{x:String} \\ \u0000 \u2028 ü \u001b[31m<script>";
    const line: LogLine = {
      ...full,
      service: evil,
      scope: evil,
      severityText: evil,
      event: evil,
      body: evil,
      agent: evil,
      attributes: { [evil]: evil },
      resource: { [evil]: evil },
    };
    await logs.append(evil, [line]);
    await flush();
    const asked = {
      ...everything,
      service: evil,
      agent: evil,
      event: evil,
      attributes: { [evil]: evil },
      terms: [term(evil.toLowerCase())],
    };
    const rows = await logs.find(evil, asked);
    expect(rows).toMatchObject([line]);
    expect(await logs.values(evil, asked, evil)).toEqual([evil]);
    expect((await logs.names(evil, asked)).attributes).toEqual([evil]);
    expect(await logs.counts(evil, asked, 1000)).toHaveLength(1);
  });

  it("what does not fit as a whole is refused at its beginning", async () => {
    const { logs } = await open(kind);
    const append = logs.append("default", [full], options.maxPendingRows);
    await expect(append).rejects.toMatchObject({ code: "overloaded" });
    expect(await logs.find("default", everything)).toEqual([]);
  });

  it("each is as much as ten rows of what may wait", async () => {
    const opened = await open(kind);
    await opened.logs.append("default", [full, other]);
    expect(opened.stats().pendingRows).toBe(20);
  });

  it("whoever listens hears of lines when they are durable", async () => {
    const { logs } = await open(kind);
    const heard: string[] = [];
    const stop = logs.onLogs((tenant, rows) =>
      heard.push(`${tenant} ${rows.map(({ seq }) => seq - NOW_MS * 1000).join(" ")}`),
    );
    await logs.append("default", [full, other]);
    stop();
    await logs.append("default", [other]);
    expect(heard).toEqual(["default 1 2"]);
  });

  it("nothing older than the retention is answered", async () => {
    const { logs, flush } = await open(kind);
    await logs.append("default", [logLine({ timeNs: ago(2 * 86_400) })]);
    expect(await logs.find("default", everything)).toEqual([]);
    await flush();
    expect(await logs.find("default", everything)).toEqual([]);
  });
});

it("lines that were acknowledged are there after a restart, and numbers go on", async () => {
  const first = await open("chdb");
  await first.logs.append("default", [full]);
  await first.close();
  const again = await open("chdb");
  await again.logs.append("default", [other]);
  const rows = await again.logs.find("default", everything);
  expect(rows.map(({ body, seq }) => [body, seq - NOW_MS * 1000])).toEqual([
    [other.body, 2],
    [full.body, 1],
  ]);
});

it("lines are the same when they come out of the log of a process that was killed", () => {
  const rows = [
    { ...full, seq: 1 },
    { ...other, body: "\n\n'); DROP TABLE logs; \u0000", seq: 2 },
  ];
  const { record } = draftBatch({ tenant: "default", logs: rows });
  const { batches, tornBytes } = decodeRecords(sealRecord(record));
  expect(tornBytes).toBe(0);
  expect(batches.map(({ tenant, logs }) => [tenant, logs])).toEqual([["default", rows]]);
});

it("words are looked up in the table's index", async () => {
  const { logs, flush } = await open("chdb");
  await logs.append(
    "default",
    Array.from({ length: 20_000 }, (_, i) =>
      logLine({ timeNs: ago(i % 300), body: i === 777 ? "the needle" : `straw number ${i}` }),
    ),
  );
  await flush();
  const rows = await logs.find("default", { ...everything, terms: [term("needle")] });
  expect(rows.map(({ body }) => body)).toEqual(["the needle"]);
});
