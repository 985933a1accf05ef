import type { LogLine } from "./types.ts";

/** A log line as it comes, for tests. */
export const logLine = (line: Partial<LogLine> = {}): LogLine => ({
  timeNs: "1780315200000000001",
  service: "fleet",
  scope: "test",
  severity: 9,
  severityText: "INFO",
  event: "",
  body: "it works",
  traceId: "",
  spanId: "",
  agent: "",
  workflow: "",
  task: "",
  conversation: "",
  attributes: {},
  resource: {},
  ...line,
});
