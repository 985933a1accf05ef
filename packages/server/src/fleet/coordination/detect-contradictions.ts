import { ATTRIBUTES } from "@fleetlight/sdk";

import { agentOf, evidence, shownOfRow, short, startMsOf, type Shown } from "./evidence.ts";
import { RecentMap } from "./recent-map.ts";
import type { Around, Detector, SeenTrace } from "./types.ts";

const MAX_SUBJECTS = 5000;
const MAX_CLAIMANTS = 20;

interface Claim {
  agent: string;
  value: string;
  atMs: number;
  shown: Shown;
}

/** Agents say different things of one subject, until they agree. */
export class ContradictionDetector implements Detector {
  private readonly subjects = new RecentMap<string, RecentMap<string, Claim>>(MAX_SUBJECTS);

  look(trace: SeenTrace, around: Around): void {
    for (const row of trace.fresh) {
      const subject = row.attributes[ATTRIBUTES.claimSubject];
      const said = row.attributes[ATTRIBUTES.claimValue] ?? row.numbers[ATTRIBUTES.claimValue];
      if (subject === undefined || subject === "" || said === undefined) continue;
      const agent = agentOf(trace, row);
      if (agent === "") continue;
      const value = String(said).trim();
      const claims = this.subjects.touch(subject, () => new RecentMap(MAX_CLAIMANTS));
      // An agent's latest claim counts; spans come in any order.
      const atMs = startMsOf(row);
      if ((claims.get(agent)?.atMs ?? 0) > atMs) continue;
      const shown = shownOfRow(row, agent, `says ${value}`);
      claims.set(agent, { agent, value, atMs, shown });
      this.compare(subject, trace.traceId, [...claims.values()], around);
    }
  }

  private compare(
    subject: string,
    traceId: string,
    all: readonly Claim[],
    { limits, report, end }: Around,
  ): void {
    const key = JSON.stringify(["contradiction", subject]);
    const latestMs = Math.max(...all.map(({ atMs }) => atMs));
    const claims = all.filter(({ atMs }) => latestMs - atMs <= limits.contradiction_window);
    const values = new Set(claims.map(({ value }) => value));
    if (values.size < 2) return end(key);
    const sides = claims.map(({ agent, value }) => `${short(agent)} says ${short(value)}`);
    report({
      kind: "contradiction",
      key,
      severity: "warning",
      agents: claims.map(({ agent }) => agent),
      traceId,
      subject,
      value: values.size,
      summary: `${short(subject)}: ${sides.slice(0, 4).join(", ")}`,
      evidence: claims.map(({ shown }) => evidence(shown)),
      sinceMs: latestMs,
    });
  }
}
