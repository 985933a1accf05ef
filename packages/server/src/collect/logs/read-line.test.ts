import { describe, expect, it } from "vitest";

import { LineError, readObject, readText } from "./read-line.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const NOON = 1_780_315_200_000_000_000n;

const read = (value: unknown) => {
  const { record, service, scope } = readObject(value);
  const { timeNs, severity, severityText, body, event, traceId, spanId, attributes } = record;
  const all = { service, scope, timeNs, severity, severityText, body, event, traceId, spanId };
  return { ...all, attributes: Object.fromEntries(attributes) };
};

describe("formats of loggers", () => {
  it("pino", () => {
    expect(
      read({
        level: 40,
        time: 1_780_315_200_000,
        pid: 7,
        hostname: "a",
        name: "desk",
        msg: "slow",
        req: { method: "GET", headers: { host: "x" } },
        trace_id: TRACE,
        span_id: "b7ad6b7169203331",
      }),
    ).toMatchObject({
      service: "desk",
      timeNs: NOON,
      severity: 13,
      body: "slow",
      traceId: TRACE,
      spanId: "b7ad6b7169203331",
      attributes: { pid: 7, hostname: "a", "req.method": "GET", "req.headers.host": "x" },
    });
  });

  it("bunyan", () => {
    const line = { name: "desk", level: 60, msg: "over", time: "2026-06-01T12:00:00.000Z", v: 0 };
    expect(read(line)).toMatchObject({
      service: "desk",
      severity: 21,
      body: "over",
      attributes: {},
    });
  });

  it("winston", () => {
    const line = {
      level: "warn",
      message: "slow",
      timestamp: "2026-06-01T12:00:00Z",
      service: "a",
    };
    expect(read(line)).toMatchObject({
      service: "a",
      severity: 13,
      severityText: "warn",
      timeNs: NOON,
    });
  });

  it("python-json-logger", () => {
    const line = {
      asctime: "2026-06-01 12:00:00,000",
      levelname: "CRITICAL",
      name: "app.worker",
      message: "gone",
      exc_info: "Traceback …",
      otelTraceID: TRACE,
      otelServiceName: "worker",
    };
    expect(read(line)).toMatchObject({
      service: "worker",
      scope: "app.worker",
      severity: 18,
      timeNs: NOON,
      traceId: TRACE,
      attributes: { exc_info: "Traceback …" },
    });
  });

  it("structlog", () => {
    const line = { event: "user logged in", level: "info", timestamp: 1_780_315_200, user: "u1" };
    expect(read(line)).toMatchObject({
      body: "user logged in",
      severity: 9,
      attributes: { user: "u1" },
    });
  });

  it.each([
    [{ severity_number: 17 }, 17],
    [{ levelno: 30 }, 13],
    [{ level: 3 }, 17],
    [{ level: 20 }, 5],
    [{ level: 35 }, 9],
    [{ level: "50" }, 17],
    [{ level: "Notice" }, 10],
    [{ level: "whatever" }, 0],
    [{ severity: "ERROR" }, 17],
    [{}, 0],
  ])("%j has its severity", (fields, severity) => {
    expect(read({ ...fields, msg: "x" }).severity).toBe(severity);
  });

  it("ids of other forms are brought into ours", () => {
    const uuid = "0af76519-16cd-43dd-8448-eb211c80319c";
    expect(read({ msg: "x", traceId: uuid }).traceId).toBe(TRACE);
    expect(read({ msg: "x", trace_id: "0x8448eb211c80319c" }).traceId).toBe(
      `${"0".repeat(16)}8448eb211c80319c`,
    );
  });

  it("what is nested too deeply, or a list, stays JSON", () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } }, list: [1, { x: 2 }] };
    expect(read({ msg: "x", deep }).attributes).toEqual({
      "deep.a.b.c": '{"d":{"e":1}}',
      "deep.list": '[1,{"x":2}]',
    });
  });

  it.each([[null], [[1]], ["text"], [7], [{ time: "yesterday" }]])("%j is refused", (value) => {
    expect(() => readObject(value)).toThrow(LineError);
  });
});

describe("plain text", () => {
  it.each([
    ["2026-06-01 12:00:00 ERROR could not connect", 17],
    ["[WARN] slow", 13],
    ["level=INFO msg=x", 0],
    ["an ERRORLESS line", 0],
    ["INFO: ready", 9],
    ["nothing said", 0],
  ])("%j", (line, severity) => {
    expect(readText(line).record).toMatchObject({ body: line, severity });
  });
});
