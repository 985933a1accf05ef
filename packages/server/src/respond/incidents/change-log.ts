import type {
  IncidentChanges,
  StoredAcknowledgement,
  StoredEntry,
  StoredIncident,
  StoredOccurrence,
} from "#store";

/** Entries of one timeline. Alerts that come and go stop being told first, so that what people do is always there. */
const MAX_ENTRIES = 2000;
const MAX_ALERT_ENTRIES = 1000;

const OF_ALERTS = new Set<StoredEntry["kind"]>(["alert_firing", "alert_resolved", "notification"]);

export interface NewEntry {
  kind: StoredEntry["kind"];
  /** Left out for what the server does itself. */
  by?: string;
  text: string;
  attributes?: Record<string, string>;
}

const keyOf = (tenant: string, id: string): string => `${tenant}\n${id}`;

/** Everything that changed since it was last taken away to be written. */
export class ChangeLog {
  private readonly incidents = new Map<string, StoredIncident>();
  private readonly occurrences = new Map<string, StoredOccurrence>();
  private readonly acknowledgements = new Map<string, StoredAcknowledgement | null>();
  private entries: StoredEntry[] = [];

  get isEmpty(): boolean {
    return (
      this.incidents.size + this.occurrences.size + this.acknowledgements.size === 0 &&
      this.entries.length === 0
    );
  }

  incident(incident: StoredIncident, nowMs: number): void {
    incident.updatedAtMs = nowMs;
    this.incidents.set(keyOf(incident.tenant, incident.id), incident);
  }

  occurrence(one: StoredOccurrence): void {
    this.occurrences.set(keyOf(one.tenant, `${one.fingerprint}\n${one.startedAtMs}`), one);
  }

  acknowledgement(one: StoredAcknowledgement): void {
    this.acknowledgements.set(keyOf(one.tenant, one.fingerprint), one);
  }

  removeAcknowledgement(tenant: string, fingerprint: string): void {
    this.acknowledgements.set(keyOf(tenant, fingerprint), null);
  }

  /** Adds to the timeline of an incident, unless that is full. */
  entry(incident: StoredIncident, entry: NewEntry, nowMs: number): void {
    const most = OF_ALERTS.has(entry.kind) ? MAX_ALERT_ENTRIES : MAX_ENTRIES;
    this.incident(incident, nowMs);
    if (incident.entries >= most) {
      incident.entriesDropped++;
      return;
    }
    incident.entries++;
    this.entries.push({
      tenant: incident.tenant,
      incident: incident.id,
      number: incident.entries,
      atMs: nowMs,
      kind: entry.kind,
      by: entry.by ?? "",
      text: entry.text,
      attributes: entry.attributes ?? {},
    });
  }

  /** Copies, because what is live goes on changing while it is written. */
  take(): IncidentChanges {
    const acknowledgements: StoredAcknowledgement[] = [];
    const removedAcknowledgements: { tenant: string; fingerprint: string }[] = [];
    for (const [key, one] of this.acknowledgements) {
      const [tenant = "", fingerprint = ""] = key.split("\n");
      if (one === null) removedAcknowledgements.push({ tenant, fingerprint });
      else acknowledgements.push(one);
    }
    const changes = {
      incidents: [...this.incidents.values()].map((one) => ({ ...one })),
      occurrences: [...this.occurrences.values()].map((one) => ({ ...one })),
      entries: this.entries,
      acknowledgements,
      removedAcknowledgements,
    };
    this.incidents.clear();
    this.occurrences.clear();
    this.acknowledgements.clear();
    this.entries = [];
    return changes;
  }
}
