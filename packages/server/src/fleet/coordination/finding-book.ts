import { randomUUID } from "node:crypto";

import type { Finding, FindingKind, Severity } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { StoredFinding } from "#store";

import { MAX_EVIDENCE, short } from "./evidence.ts";
import type { Sighting } from "./types.ts";

/** Open findings of one tenant; further ones are counted and dropped. */
const MAX_OPEN = 2000;
const MAX_AGENTS = 20;
/** How often a finding is written that is still so and has nothing new. */
const REWRITE_MS = 15_000;
const MAX_SUMMARY = 500;

const RANK: Record<Severity, number> = {
  critical: 6,
  high: 5,
  error: 4,
  warning: 3,
  medium: 2,
  low: 1,
  info: 0,
};

interface OpenFinding {
  stored: StoredFinding;
  seenMs: number;
  writtenMs: number;
  isLasting: boolean;
}

export interface BookEvents {
  onOpen(tenant: string, finding: Finding): void;
  onOver(tenant: string, finding: Finding): void;
  onDropped(): void;
}

const worse = (a: Severity, b: Severity): Severity => (RANK[a] >= RANK[b] ? a : b);

/** Findings of one tenant: what is seen again is one finding, until it is over. */
export class FindingBook {
  /** Those that changed since they were last written, by id. */
  readonly dirty = new Map<string, StoredFinding>();
  private readonly tenant: string;
  private readonly events: BookEvents;
  private readonly findings = new Map<string, OpenFinding>();

  constructor(tenant: string, events: BookEvents) {
    this.tenant = tenant;
    this.events = events;
  }

  /** Takes one over that was open when the process ended; it is over unless it is seen again. */
  resume(stored: StoredFinding, nowMs: number): void {
    this.findings.set(stored.key, { stored, seenMs: nowMs, writtenMs: nowMs, isLasting: false });
  }

  open(): Finding[] {
    return Array.from(this.findings.values(), ({ stored }) => stored.finding);
  }

  openByKind(): Map<FindingKind, number> {
    const counts = new Map<FindingKind, number>();
    for (const { stored } of this.findings.values())
      counts.set(stored.finding.kind, (counts.get(stored.finding.kind) ?? 0) + 1);
    return counts;
  }

  report(sighting: Sighting, nowMs: number): void {
    const known = this.findings.get(sighting.key);
    if (known === undefined) this.begin(sighting, nowMs);
    else this.renew(known, sighting, nowMs);
  }

  end(key: string, nowMs: number): void {
    const open = this.findings.get(key);
    if (open === undefined) return;
    this.findings.delete(key);
    const at = isoTime(nowMs);
    const finding: Finding = { ...open.stored.finding, state: "over", ended_at: at };
    this.dirty.set(finding.id, { ...open.stored, finding });
    this.events.onOver(this.tenant, finding);
  }

  /** Ends what has not been seen for long. */
  tick(nowMs: number, overAfterMs: number): void {
    for (const [key, { seenMs, isLasting }] of this.findings)
      if (!isLasting && nowMs - seenMs >= overAfterMs) this.end(key, nowMs);
  }

  private begin(sighting: Sighting, nowMs: number): void {
    if (this.findings.size >= MAX_OPEN) return this.events.onDropped();
    const finding: Finding = {
      id: randomUUID(),
      kind: sighting.kind,
      severity: sighting.severity,
      state: "open",
      summary: sighting.summary.slice(0, MAX_SUMMARY),
      agents: [...new Set(sighting.agents)].slice(0, MAX_AGENTS),
      trace_id: sighting.traceId,
      subject: short(sighting.subject),
      value: sighting.value,
      count: 1,
      evidence: sighting.evidence.slice(-MAX_EVIDENCE),
      // By our own clock: that of the agents may be wrong.
      first_seen: isoTime(nowMs),
      last_seen: isoTime(nowMs),
      ended_at: null,
    };
    const stored: StoredFinding = { tenant: this.tenant, key: sighting.key, finding };
    this.findings.set(sighting.key, {
      stored,
      seenMs: nowMs,
      writtenMs: nowMs,
      isLasting: sighting.isLasting === true,
    });
    this.dirty.set(finding.id, stored);
    this.events.onOpen(this.tenant, finding);
  }

  private renew(open: OpenFinding, sighting: Sighting, nowMs: number): void {
    const before = open.stored.finding;
    const seen = new Set(before.evidence.map(({ span_id }) => span_id));
    const added = sighting.evidence.filter(({ span_id }) => !seen.has(span_id));
    const latest = new Map(sighting.evidence.map((one) => [one.span_id, one]));
    const finding: Finding = {
      ...before,
      severity: worse(before.severity, sighting.severity),
      summary: sighting.summary.slice(0, MAX_SUMMARY),
      agents: [...new Set([...before.agents, ...sighting.agents])].slice(0, MAX_AGENTS),
      value: sighting.value,
      count: before.count + (added.length > 0 ? 1 : 0),
      evidence: [...before.evidence.map((one) => latest.get(one.span_id) ?? one), ...added].slice(
        -MAX_EVIDENCE,
      ),
      last_seen: isoTime(nowMs),
    };
    open.stored = { ...open.stored, finding };
    open.isLasting = sighting.isLasting === true;
    open.seenMs = nowMs;
    // What is merely still so is written now and then, what is new at once.
    if (added.length === 0 && nowMs - open.writtenMs < REWRITE_MS) return;
    open.writtenMs = nowMs;
    this.dirty.set(finding.id, open.stored);
  }
}
