import { agentOf, areRelated, endMsOf, evidence, short, startMsOf } from "./evidence.ts";
import { RecentMap } from "./recent-map.ts";
import { writtenResource } from "./resources.ts";
import type { Around, Detector, SeenTrace } from "./types.ts";

const MAX_RESOURCES = 5000;
const MAX_WRITERS = 20;

interface Write {
  agent: string;
  traceId: string;
  spanId: string;
  startMs: number;
  endMs: number | null;
}

const shown = (write: Write) => evidence({ ...write, what: "writes" });

/** Two agents write one thing at the same time, or shortly after one another without having handed it over. */
export class ResourceConflictDetector implements Detector {
  private readonly resources = new RecentMap<string, RecentMap<string, Write>>(MAX_RESOURCES);

  look(trace: SeenTrace, around: Around): void {
    for (const row of trace.fresh) {
      const resource = writtenResource(row);
      const agent = resource === undefined ? "" : agentOf(trace, row);
      if (resource === undefined || agent === "") continue;
      const write: Write = {
        agent,
        traceId: row.traceId,
        spanId: row.spanId,
        startMs: startMsOf(row),
        endMs: row.ended ? endMsOf(row) : null,
      };
      const writers = this.resources.touch(resource, () => new RecentMap(MAX_WRITERS));
      for (const other of writers.values())
        if (other.agent !== agent) this.compare(trace, resource, other, write, around);
      writers.set(agent, write);
    }
  }

  private compare(
    trace: SeenTrace,
    resource: string,
    before: Write,
    write: Write,
    { nowMs, limits, report }: Around,
  ): void {
    const [first, second] = before.startMs <= write.startMs ? [before, write] : [write, before];
    const gapMs = second.startMs - (first.endMs ?? nowMs);
    if (gapMs > limits.conflict_window) return;
    const isOverlap = gapMs < 0;
    const isSameTrace = before.traceId === write.traceId;
    // A call within a call writes on behalf of the one above.
    if (isSameTrace && areRelated(trace, before.spanId, write.spanId)) return;
    const isHandedOver =
      isSameTrace &&
      trace.analysis.edges.some(
        ({ from, to, kind }) =>
          (kind === "handoff" || kind === "delegation" || kind === "message") &&
          from === first.agent &&
          to === second.agent,
      );
    if (isHandedOver && !isOverlap) return;
    const agents = [first.agent, second.agent];
    report({
      kind: "resource_conflict",
      key: JSON.stringify(["resource_conflict", resource, ...agents.toSorted()]),
      severity: isOverlap ? "high" : "warning",
      agents,
      traceId: write.traceId,
      subject: resource,
      value: Math.max(0, gapMs / 1000),
      summary: isOverlap
        ? `${agents.map(short).join(" and ")} write ${short(resource)} at the same time`
        : `${agents.map(short).join(" and ")} write ${short(resource)} within ${(gapMs / 1000).toFixed(1)} s`,
      evidence: [shown(first), shown(second)],
      sinceMs: second.startMs,
    });
  }
}
