import { isoTime } from "#lib";
import type { StoredEscalation } from "#store";

import { activeMembers, type LiveIncident } from "./live.ts";

const MAX_ALERTS = 100;

/** What the step `webhook` posts; see docs/on-call.md. */
export const webhookBody = (
  live: LiveIncident,
  run: StoredEscalation,
  externalUrl: string,
  nowMs: number,
) => ({
  event: "escalation",
  at: isoTime(nowMs),
  incident: {
    id: live.record.id,
    title: live.record.title,
    status: live.record.status,
    severity: live.record.severity,
    owner: live.record.owner,
    runbook_url: live.record.runbookUrl,
    services: live.record.services,
    triggered_at: isoTime(live.record.triggeredAtMs),
    url: `${externalUrl}/dashboard/incidents/${encodeURIComponent(live.record.id)}`,
  },
  policy: run.policy,
  step: run.step + 1,
  round: run.round,
  alerts: activeMembers(live)
    .slice(0, MAX_ALERTS)
    .map(({ fingerprint, labels, annotations, startedAtMs }) => ({
      fingerprint,
      labels,
      annotations,
      started_at: isoTime(startedAtMs),
    })),
  alerts_active: live.active,
});
