import { ProtobufError, ProtobufReader, WIRE_FIXED64 } from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { enter, hex, readValue, text } from "../otlp/protobuf.ts";
import type { Attributes } from "../spans/model.ts";
import { MAX_ATTRIBUTES_READ, MAX_LINES } from "./limits.ts";
import type { IncomingLog, LogRecord } from "./model.ts";

/** One reader goes through the whole request: log records are many and small, and a reader for each part of them adds up. */
class LogsReader {
  private readonly message: ProtobufReader;
  private count = 0;

  constructor(body: Uint8Array) {
    this.message = new ProtobufReader(body);
  }

  *logs(): Generator<IncomingLog> {
    const { message } = this;
    while (message.next()) {
      if (message.field !== 1) message.skip();
      else yield* this.resourceLogs();
    }
  }

  private *resourceLogs(): Generator<IncomingLog> {
    const { message } = this;
    const outer = enter(message);
    const resource = this.resource();
    while (message.next()) {
      if (message.field === 2) yield* this.scopeLogs(resource);
      else message.skip();
    }
    message.leave(outer);
  }

  private *scopeLogs(resource: Attributes): Generator<IncomingLog> {
    const { message } = this;
    const outer = enter(message);
    const scope = this.scopeName();
    while (message.next()) {
      if (message.field !== 2) message.skip();
      else {
        if (++this.count > MAX_LINES) throw new ProtobufError("too many log records");
        yield { resource, scope, record: this.record() };
      }
    }
    message.leave(outer);
  }

  /** Looks ahead: the resource may stand behind its records. */
  private resource(): Attributes {
    const { message } = this;
    const resource = new Map<string, AnyValue>();
    const start = message.pos;
    while (message.next()) {
      if (message.field !== 1) message.skip();
      else this.attributes(resource);
    }
    message.pos = start;
    return resource;
  }

  /** Looks ahead as well. */
  private scopeName(): string {
    const { message } = this;
    let name = "";
    const start = message.pos;
    while (message.next()) {
      if (message.field !== 1) message.skip();
      else name = this.firstText();
    }
    message.pos = start;
    return name;
  }

  private attributes(into: Map<string, AnyValue>): void {
    const { message } = this;
    const outer = enter(message);
    while (message.next()) {
      if (message.field === 1) this.attribute(into);
      else message.skip();
    }
    message.leave(outer);
  }

  /** The text of field 1 in a message of its own. */
  private firstText(): string {
    const { message } = this;
    const outer = enter(message);
    let found = "";
    while (message.next()) {
      if (message.field === 1) found = text(message);
      else message.skip();
    }
    message.leave(outer);
    return found;
  }

  private record(): LogRecord {
    const { message } = this;
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
    const outer = enter(message);
    while (message.next()) {
      const { field } = message;
      if (field === 1) record.timeNs = this.time();
      else if (field === 2) record.severity = message.uint32();
      else if (field === 3) record.severityText = text(message);
      else if (field === 5) record.body = readValue(message, 0);
      else if (field === 6) this.attribute(attributes);
      else if (field === 9) record.traceId = hex(message);
      else if (field === 10) record.spanId = hex(message);
      else if (field === 11) record.observedNs = this.time();
      else if (field === 12) record.event = text(message);
      else message.skip();
    }
    message.leave(outer);
    return record;
  }

  /** One entry of a list of attributes; those beyond the limit are passed over. */
  private attribute(attributes: Map<string, AnyValue>): void {
    const { message } = this;
    if (attributes.size >= MAX_ATTRIBUTES_READ) return message.skip();
    const outer = enter(message);
    let key = "";
    let value: AnyValue;
    while (message.next()) {
      if (message.field === 1) key = text(message);
      else if (message.field === 2) value = readValue(message, 0);
      else message.skip();
    }
    message.leave(outer);
    attributes.set(key, value);
  }

  private time(): bigint {
    this.message.expect(WIRE_FIXED64);
    return this.message.fixed64BigInt();
  }
}

/**
 * Reads opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest, record by record so that others may have a turn.
 * @throws ProtobufError also after records that were right; then none of them counts.
 */
export const readLogsProtobuf = (body: Uint8Array): Generator<IncomingLog> =>
  new LogsReader(body).logs();
