import { z } from "zod";

import { Timestamp } from "./common.ts";

/** OpenTelemetry's severities without their shades; `unspecified` when a line says nothing. */
export const LogLevel = z.enum(["unspecified", "trace", "debug", "info", "warn", "error", "fatal"]);
export type LogLevel = z.infer<typeof LogLevel>;

const Texts = z.record(z.string(), z.string());

export const LogLine = z.object({
  /** Its place among all lines, for `before` and `after`. */
  id: z.string(),
  time: Timestamp,
  /** Unix nanoseconds, decimal. */
  time_ns: z.string(),
  service: z.string(),
  scope: z.string(),
  level: LogLevel,
  /** OpenTelemetry's severity number, 0 to 24, and the sender's own word for it. */
  severity: z.int(),
  severity_text: z.string(),
  /** The kind of event; empty on an ordinary line. */
  event: z.string(),
  body: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
  agent: z.string(),
  workflow: z.string(),
  task: z.string(),
  conversation: z.string(),
  attributes: Texts,
  resource: Texts,
});
export type LogLine = z.infer<typeof LogLine>;

/** `GET /api/v1/logs`: newest first. `next` is the `before` of the next page; null at the end. */
export const LogList = z.object({
  lines: z.array(LogLine),
  count: z.int(),
  next: z.string().nullable(),
});
export type LogList = z.infer<typeof LogList>;

/** `GET /api/v1/logs/histogram`: buckets of equal length, also those without lines. */
export const LogHistogram = z.object({
  step_seconds: z.number(),
  total: z.int(),
  /** Lines in all by level; levels without lines are left out. */
  levels: z.partialRecord(LogLevel, z.int()),
  buckets: z.array(z.object({ start: Timestamp, counts: z.partialRecord(LogLevel, z.int()) })),
});
export type LogHistogram = z.infer<typeof LogHistogram>;

export const LogPattern = z.object({
  /** Words that its lines share; `<num>`, `<id>` and the like, and `<*>`, stand for what differs. */
  pattern: z.string(),
  count: z.int(),
  /** Of all lines that were looked at, 0 to 1. */
  share: z.number(),
  first_seen: Timestamp,
  last_seen: Timestamp,
  levels: z.partialRecord(LogLevel, z.int()),
  services: z.array(z.string()),
  /** Its newest line. */
  sample: LogLine,
});
export type LogPattern = z.infer<typeof LogPattern>;

/** `GET /api/v1/logs/patterns`: lines that look alike together, the most frequent first. */
export const LogPatternList = z.object({
  patterns: z.array(LogPattern),
  /** Lines that were looked at: the newest ones, when there are more. */
  lines: z.int(),
  truncated: z.boolean(),
  /** Lines without a place in a pattern, because there were too many patterns. */
  others: z.int(),
});
export type LogPatternList = z.infer<typeof LogPatternList>;

/** `GET /api/v1/logs/names`: what may be filtered by, the most frequent first. */
export const LogNameList = z.object({
  services: z.array(z.string()),
  agents: z.array(z.string()),
  events: z.array(z.string()),
  attributes: z.array(z.string()),
});
export type LogNameList = z.infer<typeof LogNameList>;

export const LogValueList = z.object({ values: z.array(z.string()) });
export type LogValueList = z.infer<typeof LogValueList>;

/** `POST /api/v1/logs`: what was taken, and the first lines that were not, numbered from 1. */
export const LogsTaken = z.object({
  taken: z.int(),
  refused: z.int(),
  errors: z.array(z.object({ line: z.int(), message: z.string() })),
});
export type LogsTaken = z.infer<typeof LogsTaken>;

/** One span as a live tail tells of it. */
export const TailSpan = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_span_id: z.string(),
  service: z.string(),
  name: z.string(),
  status: z.enum(["unset", "ok", "error"]),
  start: Timestamp,
  duration_seconds: z.number(),
  ended: z.boolean(),
  operation: z.string(),
  agent: z.string(),
  tool: z.string(),
  model: z.string(),
  error_type: z.string(),
});
export type TailSpan = z.infer<typeof TailSpan>;

/** Data of a tail's event `dropped`: what came faster than the client read. */
export const TailDropped = z.object({ count: z.int(), total: z.int() });
export type TailDropped = z.infer<typeof TailDropped>;
