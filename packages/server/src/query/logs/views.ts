import type { LogLevel, LogLine } from "@fleetlight/contract";

import { badRequest, isoTime } from "#lib";
import { levelOf, type LogCursor, type LogRow } from "#store";

export const LEVELS: readonly LogLevel[] = [
  "unspecified",
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "fatal",
];

export const levelName = (level: number): LogLevel => LEVELS[level] ?? "unspecified";

/** Least severity number of a level. */
export const severityOfLevel = (level: LogLevel): number =>
  Math.max(0, LEVELS.indexOf(level) * 4 - 3);

const CURSOR = /^(\d{1,19})\.(\d{1,16})$/;

/** A line's place as clients give it back. @throws FleetlightError `bad_request` */
export function cursorOf(text: string, path: string): LogCursor {
  const found = CURSOR.exec(text);
  if (found?.[1] !== undefined) return { timeNs: String(BigInt(found[1])), seq: Number(found[2]) };
  const message = "expected the id of a line";
  throw badRequest(message, [{ path, message }]);
}

/** A line as the API tells of it. */
export const toLogLine = (row: LogRow): LogLine => ({
  id: `${row.timeNs}.${row.seq}`,
  time: isoTime(Number(row.timeNs.slice(0, -6))),
  time_ns: row.timeNs,
  service: row.service,
  scope: row.scope,
  level: levelName(levelOf(row.severity)),
  severity: row.severity,
  severity_text: row.severityText,
  event: row.event,
  body: row.body,
  trace_id: row.traceId,
  span_id: row.spanId,
  agent: row.agent,
  workflow: row.workflow,
  task: row.task,
  conversation: row.conversation,
  attributes: { ...row.attributes },
  resource: { ...row.resource },
});
