import { ATTRIBUTES } from "@fleetlight/sdk";

import type { SpanRow } from "#store";

import {
  agentOf,
  areRelated,
  endMsOf,
  shownOfRow,
  short,
  startMsOf,
  evidence,
  type Shown,
} from "./evidence.ts";
import { RecentMap } from "./recent-map.ts";
import type { Around, Detector, SeenTrace } from "./types.ts";

const MAX_WORKS = 20_000;
const MAX_WORKERS = 20;

interface Work {
  agent: string;
  traceId: string;
  spanId: string;
  startMs: number;
  endMs: number;
  shown: Shown;
}

interface Described {
  key: string;
  what: string;
  isTask: boolean;
}

const isFailed = (row: SpanRow): boolean =>
  row.status === 2 || row.attributes[ATTRIBUTES.success] === "false";

/** What makes two pieces of work the same; undefined when it cannot be told. */
function describe(trace: SeenTrace, row: SpanRow): Described | undefined {
  const digest = trace.spans.get(row.spanId)?.argumentsDigest ?? "";
  if (row.operation === "execute_tool" && row.tool !== "" && digest !== "")
    return {
      key: `tool\n${trace.scope}\n${row.tool}\n${digest}`,
      what: row.tool,
      isTask: false,
    };
  if (row.operation !== "task") return undefined;
  // The same task has the same id, wherever it is done.
  if (row.task !== "") return { key: `task\n${row.task}`, what: row.task, isTask: true };
  const type = row.attributes[ATTRIBUTES.taskType] ?? row.name;
  if (digest === "") return undefined;
  return { key: `task\n${trace.scope}\n${type}\n${digest}`, what: type, isTask: true };
}

/** Two agents do the same: one task, or one tool with the same arguments. What failed and is tried by another one is not. */
export class DuplicateDetector implements Detector {
  private readonly works = new RecentMap<string, RecentMap<string, Work>>(MAX_WORKS);

  look(trace: SeenTrace, around: Around): void {
    for (const row of trace.fresh) {
      const described = describe(trace, row);
      const agent = described === undefined ? "" : agentOf(trace, row);
      if (described === undefined || agent === "") continue;
      if (around.limits.ignore_tools.includes(row.tool)) continue;
      const workers = this.works.touch(described.key, () => new RecentMap(MAX_WORKERS));
      const known = workers.get(agent);
      const isAgain = known?.spanId === row.spanId;
      if (isFailed(row)) {
        workers.delete(agent);
        if (!isAgain) around.figures.addWork(around.nowMs, false);
        continue;
      }
      const work: Work = {
        agent,
        traceId: row.traceId,
        spanId: row.spanId,
        startMs: startMsOf(row),
        endMs: endMsOf(row),
        shown: shownOfRow(row, agent, described.what),
      };
      const others = [...workers.values()].filter(
        (other) => other.agent !== agent && this.isSame(trace, other, work, around),
      );
      if (!isAgain) around.figures.addWork(around.nowMs, others.length > 0);
      if (others.length > 0) this.report(described, [...others, work], around);
      workers.set(agent, work);
    }
  }

  private isSame(trace: SeenTrace, one: Work, other: Work, { limits }: Around): boolean {
    const gapMs = Math.max(one.startMs, other.startMs) - Math.min(one.endMs, other.endMs);
    if (gapMs > limits.duplicate_window) return false;
    // Whoever passes a task on, and whoever does it, do it once.
    return one.traceId !== other.traceId || !areRelated(trace, one.spanId, other.spanId);
  }

  private report({ key, what, isTask }: Described, works: readonly Work[], around: Around): void {
    const agents = works.map(({ agent }) => agent);
    around.report({
      kind: "duplicated_work",
      key: JSON.stringify(["duplicated_work", key]),
      severity: isTask ? "warning" : "low",
      agents,
      traceId: works.at(-1)?.traceId ?? "",
      subject: what,
      value: works.length,
      summary: isTask
        ? `${agents.map(short).join(" and ")} work on the same task ${short(what)}`
        : `${agents.map(short).join(" and ")} call ${short(what)} with the same arguments`,
      evidence: works.map(({ shown }) => evidence(shown)),
      sinceMs: Math.max(...works.map(({ startMs }) => startMs)),
    });
  }
}
