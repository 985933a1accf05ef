import type { StoredOccurrence } from "#store";

import type { Alertmanager, AlertStatus } from "../alertmanager.ts";
import type { IncidentBook } from "./book.ts";
import type { ChangeLog } from "./change-log.ts";
import { activeMembers, type LiveIncident } from "./live.ts";

/** Alerts of an incident that are looked at to find one that somebody is told of. */
const MAX_LOOKED_AT = 100;

interface SuppressionOptions {
  alerts: Pick<Alertmanager, "get">;
  book: IncidentBook;
  log: ChangeLog;
  /** Name of a maintenance window, for people. */
  maintenanceName: (tenant: string, id: string) => string | undefined;
}

/** Finds out whether nobody is told of an incident, and why. */
export class SuppressionWatch {
  private readonly options: SuppressionOptions;

  constructor(options: SuppressionOptions) {
    this.options = options;
  }

  /** Looks at the alerts that nobody takes care of: one that somebody is told of is enough. */
  lookAt(live: LiveIncident, nowMs: number): void {
    const { book, log } = this.options;
    const before = live.suppressedBy.length > 0;
    let reasons: readonly string[] = [];
    for (const member of activeMembers(live).slice(0, MAX_LOOKED_AT)) {
      if (book.acknowledgementOf(member.tenant, member.fingerprint) !== undefined) continue;
      reasons = this.of(member);
      if (reasons.length === 0) break;
    }
    live.suppressedBy = reasons;
    const after = reasons.length > 0;
    if (before === after) return;
    const text = after
      ? `Nobody is told, because of ${reasons.join(", ")}`
      : "People are told again";
    log.entry(live.record, { kind: after ? "suppressed" : "unsuppressed", text }, nowMs);
  }

  /** Why nobody is told of an alert, in words. */
  of({ tenant, fingerprint }: StoredOccurrence): string[] {
    const status = this.options.alerts.get(tenant, fingerprint)?.status;
    return status === undefined ? [] : this.reasonsOf(tenant, status);
  }

  private reasonsOf(tenant: string, status: AlertStatus): string[] {
    const { maintenanceName } = this.options;
    return [
      ...status.silencedBy.map((id) => `silence ${id}`),
      ...status.maintenanceBy.map((id) => `maintenance ${maintenanceName(tenant, id) ?? id}`),
      ...status.inhibitedBy.map((id) => `alert ${id}`),
      ...status.mutedBy.map((name) => `time interval ${name}`),
      ...status.dependsOn.map((id) => `dependency, alert ${id}`),
    ];
  }
}
