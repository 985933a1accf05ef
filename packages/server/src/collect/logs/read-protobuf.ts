import { ProtobufError, ProtobufReader } from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { hex, inner, readFields, readValue, text } from "../otlp/protobuf.ts";
import type { Attributes } from "../spans/model.ts";
import { MAX_ATTRIBUTES_READ, MAX_LINES } from "./limits.ts";
import type { IncomingLog, LogRecord } from "./model.ts";

/** One entry of a list of attributes; those beyond the limit are passed over. */
function readInto(attributes: Map<string, AnyValue>, field: ProtobufReader): void {
  if (attributes.size >= MAX_ATTRIBUTES_READ) return field.skip();
  const message = inner(field);
  let key = "";
  let value: AnyValue;
  while (message.next()) {
    if (message.field === 1) key = text(message);
    else if (message.field === 2) value = readValue(inner(message), 0);
    else message.skip();
  }
  attributes.set(key, value);
}

function readRecord(message: ProtobufReader): LogRecord {
  const attributes = new Map<string, AnyValue>();
  const record: LogRecord = {
    timeNs: 0n,
    observedNs: 0n,
    severity: 0,
    severityText: "",
    event: "",
    body: undefined,
    traceId: "",
    spanId: "",
    attributes,
  };
  readFields(message, {
    1: (field) => (record.timeNs = field.fixed64BigInt()),
    2: (field) => (record.severity = field.uint32()),
    3: (field) => (record.severityText = text(field)),
    5: (field) => (record.body = readValue(inner(field), 0)),
    6: (field) => readInto(attributes, field),
    9: (field) => (record.traceId = hex(field)),
    10: (field) => (record.spanId = hex(field)),
    11: (field) => (record.observedNs = field.fixed64BigInt()),
    12: (field) => (record.event = text(field)),
  });
  return record;
}

function* readScope(message: ProtobufReader, resource: Attributes): Generator<IncomingLog> {
  let scope = "";
  const records: ProtobufReader[] = [];
  // The scope's name may stand behind its records.
  readFields(message, {
    1: (field) => readFields(inner(field), { 1: (one) => (scope = text(one)) }),
    2: (field) => records.push(inner(field)),
  });
  for (const record of records) yield { resource, scope, record: readRecord(record) };
}

function* readResource(message: ProtobufReader): Generator<IncomingLog> {
  const resource = new Map<string, AnyValue>();
  const scopes: ProtobufReader[] = [];
  readFields(message, {
    1: (field) => readFields(inner(field), { 1: (attribute) => readInto(resource, attribute) }),
    2: (field) => scopes.push(inner(field)),
  });
  for (const scope of scopes) yield* readScope(scope, resource);
}

/**
 * Reads opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest, record by record so that others may have a turn.
 * @throws ProtobufError also after records that were right; then none of them counts.
 */
export function* readLogsProtobuf(body: Uint8Array): Generator<IncomingLog> {
  const message = new ProtobufReader(body);
  let count = 0;
  while (message.next()) {
    if (message.field !== 1) {
      message.skip();
      continue;
    }
    for (const log of readResource(inner(message))) {
      if (++count > MAX_LINES) throw new ProtobufError("too many log records");
      yield log;
    }
  }
}
