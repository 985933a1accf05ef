import {
  agentOf,
  shownOfRow,
  MAX_EVIDENCE,
  short,
  startMsOf,
  evidence,
  type Shown,
} from "./evidence.ts";
import { RecentMap } from "./recent-map.ts";
import type { Around, Detector, SeenTrace } from "./types.ts";

/** Agents in runs whose latest calls are remembered. */
const MAX_SEQUENCES = 5000;
const MIN_CALLS = 64;
const MAX_CALLS = 2000;

interface Call {
  signature: string;
  tool: string;
  spanId: string;
  startMs: number;
  shown: Shown;
}

/** How often the two latest calls stand in turn at the end; 0 when they are equal. */
function alternations(calls: readonly Call[]): number {
  const last = calls.at(-1)?.signature;
  const before = calls.at(-2)?.signature;
  if (last === undefined || before === undefined || last === before) return 0;
  let length = 0;
  for (let at = calls.length - 1; at >= 0; at--, length++)
    if (calls[at]?.signature !== (length % 2 === 0 ? last : before)) break;
  return Math.floor(length / 2);
}

/** An agent calls a tool with the same arguments again and again, or two of them in turn. */
export class LoopDetector implements Detector {
  private readonly sequences = new RecentMap<string, Call[]>(MAX_SEQUENCES);

  look(trace: SeenTrace, around: Around): void {
    const { limits } = around;
    for (const row of trace.fresh) {
      if (row.operation !== "execute_tool" || row.tool === "") continue;
      // Without arguments nothing tells whether two calls are the same.
      const digest = trace.spans.get(row.spanId)?.argumentsDigest ?? "";
      if (digest === "" || limits.ignore_tools.includes(row.tool)) continue;
      const agent = agentOf(trace, row);
      const key = `${row.traceId} ${agent}`;
      const calls = this.sequences.touch(key, () => []);
      if (calls.some(({ spanId }) => spanId === row.spanId)) continue;
      calls.push({
        signature: `${row.tool} ${digest}`,
        tool: row.tool,
        spanId: row.spanId,
        startMs: startMsOf(row),
        shown: shownOfRow(row, agent, row.tool),
      });
      const wanted = Math.max(MIN_CALLS, limits.loop_calls, 2 * limits.loop_alternations);
      if (calls.length > Math.min(MAX_CALLS, wanted)) calls.shift();
      this.judge(row.traceId, agent, calls, around);
    }
  }

  private judge(traceId: string, agent: string, calls: readonly Call[], around: Around): void {
    const { limits, report } = around;
    const last = calls.at(-1);
    if (last === undefined) return;
    const same = calls.filter(({ signature }) => signature === last.signature);
    const turns = alternations(calls);
    const isAlternating = turns >= limits.loop_alternations;
    if (same.length < limits.loop_calls && !isAlternating) return;
    const shown = isAlternating ? calls.slice(-2 * turns) : same;
    const tools = [...new Set(shown.map(({ tool }) => tool))];
    const value = isAlternating ? turns : same.length;
    const times = isAlternating ? limits.loop_alternations : limits.loop_calls;
    const signatures = [...new Set(shown.map(({ signature }) => signature))].toSorted();
    const who = agent === "" ? "An agent" : short(agent);
    report({
      kind: "loop",
      key: JSON.stringify(["loop", traceId, agent, ...signatures]),
      severity: value >= 4 * times ? "high" : "warning",
      agents: agent === "" ? [] : [agent],
      traceId,
      subject: tools.join(", "),
      value,
      summary: isAlternating
        ? `${who} goes back and forth between ${tools.map(short).join(" and ")}, ${value} times with the same arguments`
        : `${who} has called ${short(last.tool)} ${value} times with the same arguments`,
      evidence: shown.slice(-MAX_EVIDENCE).map((call) => evidence(call.shown)),
      sinceMs: shown[0]?.startMs ?? last.startMs,
    });
  }
}
