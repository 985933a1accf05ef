import type { AnyValue } from "../otlp/model.ts";
import type { Attributes } from "../spans/model.ts";

/** A log record as OpenTelemetry's protocol has it. */
export interface LogRecord {
  /** Unix nanoseconds; 0 when it does not say. */
  timeNs: bigint;
  observedNs: bigint;
  severity: number;
  severityText: string;
  event: string;
  body: AnyValue;
  traceId: string;
  spanId: string;
  attributes: Attributes;
}

/** A record with the library and the process that it comes from; records of one resource share its object. */
export interface IncomingLog {
  resource: Attributes;
  scope: string;
  record: LogRecord;
}

/** Why a line is not taken. */
export type LogRefusal = "too_old" | "future" | "malformed" | "too_long" | "too_many";
