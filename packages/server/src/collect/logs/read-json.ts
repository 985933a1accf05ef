import { idOf, list, number, object, rootOf, text, valueOf, wrong } from "../otlp/json.ts";
import type { AnyValue } from "../otlp/model.ts";
import type { Attributes } from "../spans/model.ts";
import { MAX_ATTRIBUTES_READ, MAX_LINES } from "./limits.ts";
import type { IncomingLog, LogRecord } from "./model.ts";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
/** Names of the enum in its order: `SEVERITY_NUMBER_INFO2` is 10. */
const SEVERITIES = [
  "UNSPECIFIED",
  ...LEVELS.flatMap((level) => [level, `${level}2`, `${level}3`, `${level}4`]),
];

const attributesOf = (value: unknown): Attributes =>
  new Map<string, AnyValue>(
    list(value)
      .slice(0, MAX_ATTRIBUTES_READ)
      .map((one) => {
        const { key, value: own } = object(one);
        return [text(key), valueOf(object(own), 0)];
      }),
  );

/** Nanoseconds, which senders write as texts; a number has lost their end already. */
function nanoseconds(value: unknown): bigint {
  if (typeof value === "string" && /^\d{1,19}$/.test(value)) return BigInt(value);
  const read = number(value);
  if (read < 0 || read >= 2 ** 64) throw wrong("expected a time");
  return BigInt(Math.trunc(read));
}

/** An enum is a number in OTLP's JSON; some senders write its name all the same. */
function severityOf(value: unknown): number {
  if (typeof value !== "string" || /^\d+$/.test(value)) return number(value);
  return Math.max(0, SEVERITIES.indexOf(value.slice(value.lastIndexOf("_") + 1)));
}

function recordOf(value: unknown): LogRecord {
  const json = object(value);
  return {
    timeNs: nanoseconds(json["timeUnixNano"]),
    observedNs: nanoseconds(json["observedTimeUnixNano"]),
    severity: severityOf(json["severityNumber"]),
    severityText: text(json["severityText"]),
    event: text(json["eventName"]),
    body: valueOf(object(json["body"]), 0),
    traceId: idOf(json["traceId"]),
    spanId: idOf(json["spanId"]),
    attributes: attributesOf(json["attributes"]),
  };
}

/** Reads an ExportLogsServiceRequest in OTLP's JSON, record by record. @throws FleetlightError `bad_request` */
export function* readLogsJson(body: Buffer): Generator<IncomingLog> {
  let count = 0;
  for (const one of list(rootOf(body)["resourceLogs"])) {
    const { resource, scopeLogs } = object(one);
    const attributes = attributesOf(object(resource)["attributes"]);
    for (const group of list(scopeLogs)) {
      const { scope, logRecords } = object(group);
      const name = text(object(scope)["name"]);
      for (const record of list(logRecords)) {
        if (++count > MAX_LINES) throw wrong("it has too many log records");
        yield { resource: attributes, scope: name, record: recordOf(record) };
      }
    }
  }
}
