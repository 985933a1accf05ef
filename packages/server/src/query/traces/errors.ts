import { createHash } from "node:crypto";

import type { ErrorGroup, ErrorGroups } from "@fleetlight/contract";

import { isoTime, Turns } from "#lib";
import type { Failure, SpanStore, TraceQuery } from "#store";

/** Failed spans that are looked at, the newest first. */
const MAX_FAILURES = 10_000;
const MAX_AGENTS = 50;
const MAX_TRACES = 10;
const MAX_MESSAGE_CHARACTERS = 300;
/** Failed spans above a cause that are followed up to an agent. */
const MAX_STEPS = 100;

/** What changes from one failure to the next, in the order in which it is taken away. */
const VARIABLE: readonly [pattern: RegExp, replacement: string][] = [
  [/\bhttps?:\/\/[^\s"'<>]+/gi, "<url>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, "<address>"],
  [/"[^"\n]{0,200}"|'[^'\n]{0,200}'|`[^`\n]{0,200}`/g, "<text>"],
  [/(?:\/[\w.@-]+){2,}\/?/g, "<path>"],
  [/\b(?=[a-z_-]*\d)[\w-]{12,}\b/gi, "<id>"],
  [/\b0x[0-9a-f]+\b/gi, "<id>"],
  [/\d+(?:\.\d+)?/g, "<n>"],
];

/** A message without what is different each time: numbers, ids, addresses and quoted texts. */
export function normaliseMessage(message: string): string {
  const [line = ""] = message.trim().split("\n", 1);
  let text = line.slice(0, 2 * MAX_MESSAGE_CHARACTERS);
  for (const [pattern, replacement] of VARIABLE) text = text.replace(pattern, replacement);
  return text.slice(0, MAX_MESSAGE_CHARACTERS);
}

/** What a span says of its failure: its status, else the exception that was recorded. */
function messageOf({ statusMessage, events }: Failure): string {
  if (statusMessage !== "") return statusMessage;
  const exception = events.findLast(({ name }) => name === "exception");
  return exception?.attributes["exception.message"] ?? "";
}

/** The agent that a failure belongs to, as far as the failed spans above it say. */
function agentOf(cause: Failure, byId: ReadonlyMap<string, Failure>): string {
  let at: Failure | undefined = cause;
  for (let step = 0; at !== undefined && step < MAX_STEPS; step++) {
    if (at.agent !== "") return at.agent;
    at = byId.get(at.traceId + at.parentSpanId);
  }
  return "";
}

interface Group extends Omit<
  ErrorGroup,
  "traces" | "agents" | "trace_ids" | "first_seen" | "last_seen"
> {
  traces: Set<string>;
  agents: Set<string>;
  firstMs: number;
  lastMs: number;
}

function groupOf(cause: Failure): Group {
  const example = messageOf(cause).slice(0, 2000);
  const subject = cause.tool || cause.model || cause.name;
  const message = normaliseMessage(example);
  const { errorType, service, operation } = cause;
  const key = JSON.stringify([errorType, service, operation, subject, message]);
  return {
    id: createHash("sha256").update(key).digest("hex").slice(0, 16),
    error_type: errorType,
    service,
    operation,
    subject,
    message,
    example,
    count: 0,
    traces: new Set(),
    agents: new Set(),
    firstMs: Infinity,
    lastMs: 0,
  };
}

/**
 * Failures by their causes. A span that failed is a cause when none of the spans that failed says that it was begun by it:
 * an error that was handed up counts once, where it came from; one that a span between handled is another one.
 */
export async function errorGroups(
  spans: SpanStore,
  tenant: string,
  query: TraceQuery,
): Promise<ErrorGroups> {
  const failures = await spans.analytics.failures(tenant, query, MAX_FAILURES);
  const turns = new Turns();
  const byId = new Map(failures.map((one) => [one.traceId + one.spanId, one]));
  const handedUp = new Set(failures.map(({ traceId, parentSpanId }) => traceId + parentSpanId));
  const groups = new Map<string, Group>();
  for (const cause of byId.values()) {
    if (handedUp.has(cause.traceId + cause.spanId)) continue;
    const made = groupOf(cause);
    const group = groups.get(made.id) ?? made;
    groups.set(made.id, group);
    const timeMs = Number(cause.startNs.slice(0, -6));
    group.count++;
    group.traces.add(cause.traceId);
    group.firstMs = Math.min(group.firstMs, timeMs);
    group.lastMs = Math.max(group.lastMs, timeMs);
    const agent = agentOf(cause, byId);
    if (agent !== "") group.agents.add(agent);
    if (turns.isLong) await turns.next();
  }
  const all = [...groups.values()].toSorted((a, b) => b.count - a.count || b.lastMs - a.lastMs);
  return {
    groups: all.slice(0, query.limit).map(({ traces, agents, firstMs, lastMs, ...group }) => ({
      ...group,
      traces: traces.size,
      first_seen: isoTime(firstMs),
      last_seen: isoTime(lastMs),
      agents: [...agents].toSorted().slice(0, MAX_AGENTS),
      // Failures come the newest first.
      trace_ids: [...traces].slice(0, MAX_TRACES),
    })),
    count: all.length,
    failed_spans: failures.length,
    truncated: failures.length >= MAX_FAILURES,
  };
}
