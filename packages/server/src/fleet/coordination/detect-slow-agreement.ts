import { ATTRIBUTES } from "@fleetlight/sdk";

import type { SpanRow } from "#store";

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

const MAX_DIALOGUES = 5000;

interface Dialogue {
  agents: [string, string];
  lastSender: string;
  turns: number;
  heardMs: number;
  sinceMs: number;
  /** Messages that were told of before they ended; their ends are no further messages. */
  open: Set<string>;
  shown: Shown[];
}

/** Rounds of conflicts as they are told, and of dialogues as they are seen. */
export class SlowAgreementDetector implements Detector {
  private readonly dialogues = new RecentMap<string, Dialogue>(MAX_DIALOGUES);

  look(trace: SeenTrace, around: Around): void {
    for (const row of trace.fresh) {
      if (row.operation === "conflict") this.conflict(trace, row, around);
      if (row.operation === "message" && row.peer !== "") this.message(trace, row, around);
    }
  }

  /** A dialogue that fell silent has come to its end. */
  tick({ nowMs, limits, figures }: Around): void {
    for (const [key, { heardMs, turns }] of this.dialogues) {
      if (nowMs - heardMs < limits.over_after) break;
      this.dialogues.delete(key);
      if (turns > 1) figures.addRounds(Math.floor(turns / 2));
    }
  }

  private conflict(trace: SeenTrace, row: SpanRow, { limits, figures, report }: Around): void {
    const rounds = row.numbers[ATTRIBUTES.conflictRounds];
    if (rounds === undefined || rounds < 0) return;
    if (row.ended) figures.addRounds(rounds);
    if (rounds <= limits.max_rounds) return;
    const id = row.attributes[ATTRIBUTES.conflictId] ?? row.spanId;
    const agent = agentOf(trace, row);
    report({
      kind: "slow_agreement",
      key: JSON.stringify(["slow_agreement", "conflict", id]),
      severity: "warning",
      agents: agent === "" ? trace.analysis.agents.slice(0, 10) : [agent],
      traceId: row.traceId,
      subject: id,
      value: rounds,
      summary: `The conflict ${short(id)} has taken ${rounds} rounds`,
      evidence: [evidence(shownOfRow(row, agent, `conflict of ${rounds} rounds`))],
      sinceMs: startMsOf(row),
    });
  }

  private message(trace: SeenTrace, row: SpanRow, around: Around): void {
    const from = agentOf(trace, row);
    if (from === "" || from === row.peer) return;
    const agents = [from, row.peer].toSorted() as [string, string];
    const key = JSON.stringify([trace.scope, ...agents]);
    const dialogue = this.dialogues.touch(key, () => ({
      agents,
      lastSender: "",
      turns: 0,
      heardMs: around.nowMs,
      sinceMs: startMsOf(row),
      open: new Set<string>(),
      shown: [],
    }));
    dialogue.heardMs = around.nowMs;
    if (dialogue.open.delete(row.spanId)) return;
    if (!row.ended && dialogue.open.size < 100) dialogue.open.add(row.spanId);
    if (dialogue.lastSender === from) return;
    dialogue.lastSender = from;
    dialogue.turns++;
    dialogue.shown = [
      ...dialogue.shown.slice(1 - MAX_EVIDENCE),
      shownOfRow(row, from, `to ${row.peer}`),
    ];
    const rounds = Math.floor(dialogue.turns / 2);
    if (rounds > around.limits.max_rounds)
      around.report({
        kind: "slow_agreement",
        key: JSON.stringify(["slow_agreement", key]),
        severity: "low",
        agents,
        traceId: row.traceId,
        subject: agents.join(", "),
        value: rounds,
        summary: `${agents.map(short).join(" and ")} have gone back and forth ${rounds} times`,
        evidence: dialogue.shown.map(evidence),
        sinceMs: dialogue.sinceMs,
      });
  }
}
