import type { AnyValue } from "../otlp/model.ts";
import { MAX_NESTING } from "./limits.ts";
import { lineTime } from "./line-time.ts";
import type { LogRecord } from "./model.ts";
import {
  severityOf,
  severityOfPino,
  severityOfPython,
  severityOfSyslog,
  shoutedLevel,
} from "./severity.ts";

/** A line that is JSON, but not a line of a log. */
export class LineError extends Error {}

/** A line as it was read; service and logger are empty when it does not say. */
export interface ReadLine {
  record: LogRecord;
  service: string;
  scope: string;
}

/** Keys by which loggers call the same thing: the first one that is there counts. */
const KEYS = {
  time: ["time", "timestamp", "ts", "@timestamp", "asctime", "datetime", "date"],
  level: [
    "level",
    "severity",
    "levelname",
    "lvl",
    "loglevel",
    "log.level",
    "severity_text",
    "severityText",
  ],
  body: ["msg", "message", "body", "event", "log", "text"],
  service: ["service", "service.name", "service_name", "serviceName", "otelServiceName", "app"],
  trace: ["trace_id", "traceId", "traceID", "trace.id", "otelTraceID"],
  span: ["span_id", "spanId", "spanID", "span.id", "otelSpanID"],
  scope: ["logger", "logger_name", "log.logger", "component"],
  name: ["name"],
  eventName: ["event_name", "event.name", "eventName"],
  number: ["severity_number", "severityNumber"],
  python: ["levelno"],
} as const;

/** What pino and bunyan write on every line and nobody asks for. */
const NOISE = new Set(["v"]);

type Fields = Readonly<Record<string, unknown>>;

class Taker {
  private readonly fields: Fields;
  readonly taken = new Set<string>();

  constructor(fields: Fields) {
    this.fields = fields;
  }

  take(keys: readonly string[]): unknown {
    for (const key of keys) {
      const value = this.fields[key];
      if (value === undefined || value === null || value === "") continue;
      this.taken.add(key);
      return value;
    }
    return undefined;
  }

  text(keys: readonly string[]): string {
    const value = this.take(keys);
    return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  }
}

function severity(level: unknown, taker: Taker): number {
  const own = taker.take(KEYS.number);
  if (typeof own === "number" && own >= 0 && own <= 24) return Math.trunc(own);
  const python = taker.take(KEYS.python);
  if (typeof level === "string") {
    const known = severityOf(level);
    if (known > 0 || !/^\d+$/.test(level)) return known;
  }
  if (typeof python === "number") return severityOfPython(python);
  const number = Number(level ?? 0);
  return number < 8 && level !== undefined ? severityOfSyslog(number) : severityOfPino(number);
}

/** Objects within become names with dots, so that each value can be asked for. */
function flatten(value: unknown, name: string, depth: number, into: Map<string, AnyValue>): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "object") into.set(name, value as AnyValue);
  else if (Array.isArray(value) || depth >= MAX_NESTING) into.set(name, JSON.stringify(value));
  else
    for (const [key, own] of Object.entries(value)) flatten(own, `${name}.${key}`, depth + 1, into);
}

const idOf = (text: string): string => text.toLowerCase().replace(/^0x/, "").replaceAll("-", "");

/**
 * Reads one object of a log: of pino, bunyan, winston, structlog, python-json-logger, OpenTelemetry's own names, or anything
 * near. What is not known becomes an attribute. @throws LineError when it is no object, or its time is none.
 */
export function readObject(value: unknown): ReadLine {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new LineError("expected a JSON object");
  const fields = value as Fields;
  const taker = new Taker(fields);
  const givenTime = taker.take(KEYS.time);
  const timeNs = givenTime === undefined ? 0n : lineTime(givenTime);
  if (timeNs === undefined) throw new LineError("its time is not understood");
  const level = taker.take(KEYS.level);
  const number = severity(level, taker);
  const isNode = typeof level === "number";
  const service = taker.text(KEYS.service) || (isNode ? taker.text(KEYS.name) : "");
  const scope = taker.text(KEYS.scope) || taker.text(KEYS.name);
  const body = taker.take(KEYS.body);
  const attributes = new Map<string, AnyValue>();
  const record: LogRecord = {
    timeNs,
    observedNs: 0n,
    severity: number,
    severityText: typeof level === "string" ? level : "",
    event: taker.text(KEYS.eventName),
    body: typeof body === "object" ? JSON.stringify(body) : (body as AnyValue),
    traceId: idOf(taker.text(KEYS.trace)).padStart(32, "0"),
    spanId: idOf(taker.text(KEYS.span)).padStart(16, "0"),
    attributes,
  };
  for (const [key, own] of Object.entries(fields))
    if (!taker.taken.has(key) && !NOISE.has(key)) flatten(own, key, 1, attributes);
  return { record, service, scope };
}

/** A line of plain text. */
export function readText(line: string): ReadLine {
  const level = shoutedLevel(line);
  return {
    record: {
      timeNs: 0n,
      observedNs: 0n,
      severity: severityOf(level),
      severityText: level,
      event: "",
      body: line,
      traceId: "",
      spanId: "",
      attributes: new Map(),
    },
    service: "",
    scope: "",
  };
}
