import { z } from "zod";

import { Severity, Timestamp } from "./common.ts";

/**
 * What agents do to one another, found in their spans while it happens. All under `/api/v1`.
 *
 *     GET   /coordination?start=&end=&kind=&agent=&state=&limit=
 *     GET   /coordination/summary?start=&end=
 *     GET   /coordination/{id}
 */
export const FindingKind = z.enum([
  "wait_cycle",
  "long_wait",
  "resource_conflict",
  "contradiction",
  "duplicated_work",
  "slow_agreement",
  "loop",
  "runaway",
]);
export type FindingKind = z.infer<typeof FindingKind>;

const Evidence = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  agent: z.string(),
  /** What the span shows, in a few words. */
  what: z.string(),
  start: Timestamp,
  /** Null while it goes on. */
  end: Timestamp.nullable(),
});

export const Finding = z.object({
  id: z.string(),
  kind: FindingKind,
  severity: Severity,
  state: z.enum(["open", "over"]),
  /** One sentence. */
  summary: z.string(),
  agents: z.array(z.string()),
  /** The run in which it was seen first. */
  trace_id: z.string(),
  /** The tool, resource, subject or limit that it is about. */
  subject: z.string(),
  /** Seconds, tokens, calls: what the summary tells. */
  value: z.number(),
  /** How often it was seen. */
  count: z.int(),
  evidence: z.array(Evidence),
  first_seen: Timestamp,
  last_seen: Timestamp,
  ended_at: Timestamp.nullable(),
});
export type Finding = z.infer<typeof Finding>;

export const FindingList = z.object({ findings: z.array(Finding), count: z.int() });
export type FindingList = z.infer<typeof FindingList>;

export const CoordinationSummary = z.object({
  start: Timestamp,
  end: Timestamp,
  by_kind: z.array(z.object({ kind: FindingKind, open: z.int(), total: z.int() })),
  /** Findings that began, by kind, in up to 60 equal parts of the range. */
  over_time: z.array(z.object({ at: Timestamp, counts: z.partialRecord(FindingKind, z.int()) })),
  /** Since this process started: who waited for whom, the longest first. */
  waits: z.array(
    z.object({ agent: z.string(), peer: z.string(), seconds: z.number(), waits: z.int() }),
  ),
  /** Of the tasks and tool calls of the last hour. */
  duplicated_share: z.number().nullable(),
  /** Exchanges of views until conflicts were resolved or two agents fell silent, since this process started. */
  mean_rounds: z.number().nullable(),
});
export type CoordinationSummary = z.infer<typeof CoordinationSummary>;
