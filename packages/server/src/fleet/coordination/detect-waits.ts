import { endMsOf, evidence, agentOf, inWords, liveStartMs, short, startMsOf } from "./evidence.ts";
import { RecentMap } from "./recent-map.ts";
import type { Around, Detector, SeenTrace } from "./types.ts";
import { waitCycles, type WaitEdge } from "./wait-graph.ts";

/** Traces with agents that wait. */
const MAX_TRACES = 5000;
const MAX_EDGES = 2000;
/** A trace without news for so long is forgotten, as the live traces forget it. */
const SILENT_MS = 1_800_000;

interface WaitingTrace {
  scope: string;
  edges: WaitEdge[];
  heardMs: number;
}

function edgesOf({ spans, analysis, traceId }: SeenTrace, nowMs: number): WaitEdge[] {
  const edges: WaitEdge[] = [];
  const add = (kind: WaitEdge["kind"], from: string, to: string, spanId: string, startMs: number) =>
    edges.push({ kind, from, to, spanId, traceId, sinceMs: Math.min(startMs, nowMs) });
  for (const [spanId, live] of spans) {
    if (live.ended || edges.length >= MAX_EDGES) continue;
    const { operation, peer } = live.facets;
    const agent = analysis.agentOf.get(spanId) ?? "";
    if (agent === "") continue;
    if (operation === "wait" && peer !== "") add("wait", agent, peer, spanId, liveStartMs(live));
    if (operation !== "invoke_agent" && operation !== "task") continue;
    const { parentSpanId } = live.span;
    const caller = analysis.agentOf.get(parentSpanId) ?? "";
    const isCalled = spans.get(parentSpanId)?.ended === false && caller !== "" && caller !== agent;
    if (isCalled) add("delegation", caller, agent, spanId, liveStartMs(live));
  }
  return edges;
}

const what = ({ kind, to }: WaitEdge): string =>
  kind === "wait" ? `waits for ${to}` : `called ${to}, which is at work`;

/** Deadlocks, long waits, and how long who waits for whom. */
export class WaitDetector implements Detector {
  private readonly traces = new RecentMap<string, WaitingTrace>(MAX_TRACES);
  private reported = new Set<string>();

  look(trace: SeenTrace, { nowMs, figures }: Around): void {
    for (const row of trace.fresh) {
      const agent = agentOf(trace, row);
      if (row.operation === "wait" && row.ended && agent !== "" && row.peer !== "")
        figures.addWait(agent, row.peer, (endMsOf(row) - startMsOf(row)) / 1000);
    }
    const edges = edgesOf(trace, nowMs);
    if (edges.length === 0) this.traces.delete(trace.traceId);
    else this.traces.set(trace.traceId, { scope: trace.scope, edges, heardMs: nowMs });
  }

  tick(around: Around): void {
    const { nowMs, figures } = around;
    const scopes = new Map<string, WaitEdge[]>();
    for (const [traceId, { scope, edges, heardMs }] of this.traces)
      if (nowMs - heardMs > SILENT_MS) this.traces.delete(traceId);
      else scopes.set(scope, [...(scopes.get(scope) ?? []), ...edges]);
    const seen = new Set<string>();
    const waiting: [string, number][] = [];
    for (const [scope, edges] of scopes) {
      const waits = edges.filter(({ kind }) => kind === "wait");
      if (waits.length === 0) continue;
      for (const cycle of waitCycles(edges)) this.reportCycle(scope, cycle, seen, around);
      for (const wait of waits) {
        waiting.push([wait.from, (nowMs - wait.sinceMs) / 1000]);
        this.reportLongWait(wait, seen, around);
      }
    }
    figures.setWaiting(waiting);
    for (const key of this.reported) if (!seen.has(key)) around.end(key);
    this.reported = seen;
  }

  private reportCycle(scope: string, cycle: WaitEdge[], seen: Set<string>, around: Around): void {
    const { nowMs, limits } = around;
    // The circle is closed since its last wait began.
    const sinceMs = Math.max(...cycle.map((edge) => edge.sinceMs));
    if (nowMs - sinceMs < limits.deadlock_after) return;
    const agents = cycle.map(({ from }) => from);
    const key = JSON.stringify(["wait_cycle", scope, ...agents.toSorted()]);
    seen.add(key);
    const way = [...agents, agents[0] ?? ""].map(short).join(" → ");
    const seconds = (nowMs - sinceMs) / 1000;
    around.report({
      kind: "wait_cycle",
      key,
      severity: "critical",
      agents,
      traceId: cycle[0]?.traceId ?? "",
      subject: scope,
      value: seconds,
      summary:
        agents.length === 1 ? `${way} waits for itself` : `Deadlock: ${way} wait for one another`,
      evidence: cycle.map((edge) =>
        evidence({
          ...edge,
          agent: edge.from,
          what: what(edge),
          startMs: edge.sinceMs,
          endMs: null,
        }),
      ),
      sinceMs,
      isLasting: true,
    });
  }

  private reportLongWait(wait: WaitEdge, seen: Set<string>, around: Around): void {
    const { nowMs, limits } = around;
    const waitedMs = nowMs - wait.sinceMs;
    if (waitedMs < limits.long_wait) return;
    const key = JSON.stringify(["long_wait", wait.traceId, wait.spanId]);
    seen.add(key);
    around.report({
      kind: "long_wait",
      key,
      severity: "warning",
      agents: [wait.from, wait.to],
      traceId: wait.traceId,
      subject: wait.to,
      value: waitedMs / 1000,
      summary: `${short(wait.from)} has waited ${inWords(waitedMs / 1000)} for ${short(wait.to)}`,
      evidence: [
        evidence({
          ...wait,
          agent: wait.from,
          what: what(wait),
          startMs: wait.sinceMs,
          endMs: null,
        }),
      ],
      sinceMs: wait.sinceMs,
      isLasting: true,
    });
  }
}
