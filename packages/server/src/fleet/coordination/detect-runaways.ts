import { evidence, inWords, liveStartMs } from "./evidence.ts";
import { RecentMap } from "./recent-map.ts";
import type { Around, Detector, SeenTrace } from "./types.ts";

const MAX_RUNS = 10_000;
/** A run without news for so long is forgotten, as the live traces forget it. */
const SILENT_MS = 1_800_000;

interface Run {
  tokens: number;
  costUsd: number;
  steps: number;
  startMs: number;
  isOpen: boolean;
  heardMs: number;
  rootId: string;
  name: string;
  agents: readonly string[];
}

interface Excess {
  what: string;
  value: number;
  text: string;
}

function excesses(run: Run, nowMs: number, limits: Around["limits"]): Excess[] {
  const seconds = run.isOpen ? (nowMs - run.startMs) / 1000 : 0;
  const found: [boolean, Excess][] = [
    [
      run.tokens > limits.max_run_tokens,
      { what: "tokens", value: run.tokens, text: `${run.tokens} tokens` },
    ],
    [
      run.costUsd > limits.max_run_cost_usd,
      { what: "cost", value: run.costUsd, text: `$${run.costUsd.toFixed(2)}` },
    ],
    [
      run.steps > limits.max_run_steps,
      { what: "steps", value: run.steps, text: `${run.steps} steps` },
    ],
    [
      seconds > limits.max_run_duration / 1000,
      { what: "duration", value: seconds, text: inWords(seconds) },
    ],
  ];
  return found.filter(([isOver]) => isOver).map(([, excess]) => excess);
}

/** Runs that use more than runs may: tokens, cost, steps, time. */
export class RunawayDetector implements Detector {
  private readonly runs = new RecentMap<string, Run>(MAX_RUNS);

  look(trace: SeenTrace, around: Around): void {
    const run = this.runs.touch(trace.traceId, () => ({
      tokens: 0,
      costUsd: 0,
      steps: 0,
      startMs: around.nowMs,
      isOpen: false,
      heardMs: 0,
      rootId: "",
      name: "",
      agents: [],
    }));
    run.heardMs = around.nowMs;
    for (const { row } of trace.paid) {
      run.tokens += row.inputTokens + row.outputTokens;
      run.costUsd += row.costUsd;
    }
    run.steps = 0;
    run.isOpen = false;
    for (const live of trace.spans.values()) {
      if (live.facets.operation !== "") run.steps++;
      if (!live.ended) run.isOpen = true;
      const startMs = liveStartMs(live);
      if (startMs > run.startMs && run.rootId !== "") continue;
      run.startMs = Math.min(startMs, run.startMs);
      run.rootId = live.span.spanId;
      run.name = live.name;
    }
    run.agents = trace.analysis.agents.slice(0, 20);
    this.judge(trace.traceId, run, around);
  }

  tick(around: Around): void {
    for (const [traceId, run] of this.runs) {
      const silentMs = around.nowMs - run.heardMs;
      if (silentMs > SILENT_MS || (!run.isOpen && silentMs > 60_000)) this.runs.delete(traceId);
      else if (run.isOpen) this.judge(traceId, run, around);
    }
  }

  private judge(traceId: string, run: Run, { nowMs, limits, report }: Around): void {
    const found = excesses(run, nowMs, limits);
    const [first] = found;
    if (first === undefined) return;
    report({
      kind: "runaway",
      key: JSON.stringify(["runaway", traceId]),
      severity: "high",
      agents: run.agents,
      traceId,
      subject: found.map(({ what }) => what).join(", "),
      value: first.value,
      summary: `A run goes beyond its limits: ${found.map(({ text }) => text).join(", ")}`,
      evidence: [
        evidence({
          traceId,
          spanId: run.rootId,
          agent: run.agents[0] ?? "",
          what: run.name,
          startMs: run.startMs,
          endMs: run.isOpen ? null : nowMs,
        }),
      ],
      sinceMs: nowMs,
    });
  }
}
