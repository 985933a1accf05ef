import { severityRank } from "#lib";
import type { StoredAcknowledgement, StoredIncident, StoredOccurrence } from "#store";

import type { PipelineAlert } from "../types.ts";
import type { ChangeLog } from "./change-log.ts";
import { MAX_GROUP_KEYS, type Grouping } from "./grouping.ts";
import { emptyRecord, liveKey, makeLive, type LiveIncident } from "./live.ts";
import { severityOf, worseOf } from "./severity.ts";

/** Incidents that are open at once, of all tenants; alerts beyond that have none. */
const MAX_LIVE = 20_000;

/** An incident that ended by itself goes on when one of its alerts fires again so soon. */
export const REOPEN_MS = 5 * 60_000;

interface BookOptions {
  grouping: Grouping;
  log: ChangeLog;
  makeId: (nowMs: number) => string;
  /** Told whenever an incident is triggered anew, or got worse; an escalation may have to begin. */
  onTriggered: (live: LiveIncident, nowMs: number) => void;
  /** Told whenever an incident is acknowledged or resolved. */
  onCalm: (live: LiveIncident, reason: string, nowMs: number) => void;
  onRefused: () => void;
}

const nameOf = ({ labels }: PipelineAlert): string => labels["alertname"] ?? "(alert)";

/** What an alert says in a label or else in an annotation. */
const said = ({ labels, annotations }: PipelineAlert, name: string, most: number): string =>
  (labels[name] ?? annotations[name] ?? "").slice(0, most);

const titleOf = (alert: PipelineAlert): string => {
  const place = alert.labels["service"] ?? alert.labels["instance"] ?? alert.labels["job"];
  return place === undefined ? nameOf(alert) : `${nameOf(alert)} (${place})`;
};

/** Incidents and acknowledgements that are live, in memory. Time is passed in; nothing here waits. */
export class IncidentBook {
  readonly incidents = new Map<string, LiveIncident>();
  readonly acknowledgements = new Map<string, StoredAcknowledgement>();
  /** Where an alert is, by tenant and fingerprint. */
  private readonly places = new Map<string, LiveIncident>();
  /** Fingerprints of our own alerts that fire, by tenant and id. */
  private readonly ownAlerts = new Map<string, string>();
  private readonly options: BookOptions;

  constructor(options: BookOptions) {
    this.options = options;
  }

  /** Takes over what was there before the restart; occurrences in any order. */
  load(
    incidents: readonly { record: StoredIncident; occurrences: readonly StoredOccurrence[] }[],
    acknowledgements: readonly StoredAcknowledgement[],
  ): void {
    for (const one of acknowledgements)
      this.acknowledgements.set(liveKey(one.tenant, one.fingerprint), one);
    for (const { record, occurrences } of incidents) {
      const live = makeLive(record);
      for (const one of occurrences.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
        live.members.set(one.fingerprint, one);
        this.options.grouping.remember(live, one, []);
        const place = liveKey(one.tenant, one.fingerprint);
        if (one.endedAtMs === null || !this.places.has(place)) this.places.set(place, live);
        if (one.endedAtMs === null) this.nameOwn(one);
      }
      this.options.grouping.remember(
        live,
        { tenant: record.tenant, service: "" },
        record.groupKeys,
      );
      this.incidents.set(liveKey(record.tenant, record.id), live);
      this.recount(live);
    }
  }

  find(tenant: string, id: string): LiveIncident | undefined {
    return this.incidents.get(liveKey(tenant, id));
  }

  placeOf(tenant: string, fingerprint: string): LiveIncident | undefined {
    return this.places.get(liveKey(tenant, fingerprint));
  }

  acknowledgementOf(tenant: string, fingerprint: string): StoredAcknowledgement | undefined {
    return this.acknowledgements.get(liveKey(tenant, fingerprint));
  }

  /** The fingerprint of an alert that fires, by that or by the id of an alert of ours. */
  fingerprintOf(tenant: string, id: string): string | undefined {
    const fingerprint = this.ownAlerts.get(liveKey(tenant, id)) ?? id;
    const member = this.placeOf(tenant, fingerprint)?.members.get(fingerprint);
    return member?.endedAtMs === null ? fingerprint : undefined;
  }

  /** An alert fires, began again, or says something else. */
  fire(alert: PipelineAlert, nowMs: number): void {
    const place = liveKey(alert.tenant, alert.fingerprint);
    const known = this.places.get(place);
    const member = known?.members.get(alert.fingerprint);
    if (known !== undefined && member?.endedAtMs === null)
      return this.refresh(known, member, alert, nowMs);
    const keys = this.options.grouping.groupKeys(alert);
    const found =
      known !== undefined && this.goesOn(known, nowMs)
        ? { live: known, why: "" }
        : this.options.grouping.find(alert, keys, nowMs);
    if (found === undefined && this.incidents.size >= MAX_LIVE) return this.options.onRefused();
    const live = found?.live ?? this.begin(alert, keys, nowMs);
    this.places.set(place, live);
    this.join(live, alert, keys, found?.why ?? "", nowMs);
  }

  /** An alert is over. */
  end(tenant: string, fingerprint: string, endedAtMs: number, nowMs: number): void {
    const live = this.places.get(liveKey(tenant, fingerprint));
    const member = live?.members.get(fingerprint);
    if (live === undefined || member === undefined || member.endedAtMs !== null) return;
    member.endedAtMs = Math.max(endedAtMs, member.startedAtMs);
    live.active--;
    if (member.alertId !== null) this.ownAlerts.delete(liveKey(tenant, member.alertId));
    if (this.removeAcknowledgement(tenant, fingerprint)) live.acknowledged--;
    this.options.log.occurrence(member);
    this.tell(live, { kind: "alert_resolved", text: `${member.name} ended` }, member, nowMs);
    this.settle(live, nowMs);
  }

  /** Somebody takes care of an alert. */
  acknowledge(live: LiveIncident, member: StoredOccurrence, one: StoredAcknowledgement): void {
    const key = liveKey(one.tenant, one.fingerprint);
    if (!this.acknowledgements.has(key) && member.endedAtMs === null) live.acknowledged++;
    this.acknowledgements.set(key, one);
    member.acknowledgedAtMs ??= one.atMs;
    member.acknowledgedBy ??= one.by;
    this.options.log.acknowledgement(one);
    this.options.log.occurrence(member);
  }

  /** @returns whether there was an acknowledgement. */
  unacknowledge(live: LiveIncident, tenant: string, fingerprint: string): boolean {
    const removed = this.removeAcknowledgement(tenant, fingerprint);
    if (removed && live.members.get(fingerprint)?.endedAtMs === null) live.acknowledged--;
    return removed;
  }

  /** Works out the status of an incident from its alerts, and says so when it is another one. */
  settle(live: LiveIncident, nowMs: number, by = ""): void {
    const { record } = live;
    record.alertsActive = live.active;
    this.options.log.incident(record, nowMs);
    if (record.status === "resolved" && record.resolvedBy !== null) return;
    const next = this.statusOf(live);
    if (next === record.status) return;
    const before = record.status;
    record.status = next;
    if (next === "resolved") record.resolvedAtMs = nowMs;
    else record.resolvedAtMs = null;
    if (next === "acknowledged") {
      record.acknowledgedAtMs ??= nowMs;
      record.acknowledgedBy ??= by === "" ? this.anyAcknowledger(live) : by;
    }
    if (next === "triggered") {
      record.acknowledgedAtMs = null;
      record.acknowledgedBy = null;
    }
    const text = before === "resolved" ? "Triggered" : `From ${before} to ${next}`;
    this.options.log.entry(
      record,
      {
        kind: "status",
        by,
        text: next === "resolved" ? "Resolved: its alerts ended" : text,
        attributes: { from: before, to: next },
      },
      nowMs,
    );
    if (next === "triggered") this.options.onTriggered(live, nowMs);
    else
      this.options.onCalm(
        live,
        next === "resolved" ? "it is resolved" : "it is acknowledged",
        nowMs,
      );
  }

  /** Adds an incident without alerts, or one that alerts are about to be moved to. */
  add(record: StoredIncident): LiveIncident {
    const live = makeLive(record);
    this.incidents.set(liveKey(record.tenant, record.id), live);
    this.options.log.incident(record, record.updatedAtMs);
    return live;
  }

  /** Moves alerts from one incident into another; neither is settled yet. */
  move(from: LiveIncident, to: LiveIncident, fingerprints: readonly string[], nowMs: number): void {
    for (const fingerprint of fingerprints) {
      const member = from.members.get(fingerprint);
      if (member === undefined) continue;
      from.members.delete(fingerprint);
      member.incident = to.record.id;
      to.members.set(fingerprint, member);
      this.places.set(liveKey(member.tenant, fingerprint), to);
      to.record.alertsTotal++;
      to.record.severity = worseOf(to.record.severity, member.severity);
      to.record.lastAlertMs = Math.max(to.record.lastAlertMs, member.startedAtMs);
      this.addService(to, member.service);
      this.options.log.occurrence(member);
    }
    for (const live of [from, to]) {
      this.recount(live);
      this.options.log.incident(live.record, nowMs);
    }
  }

  /** Forgets incidents that are over and cannot go on any more. */
  evict(nowMs: number): void {
    for (const [key, live] of this.incidents) {
      const { status, resolvedAtMs, resolvedBy } = live.record;
      if (status !== "resolved" || live.active > 0 || live.isBusy) continue;
      if (resolvedBy === null && (resolvedAtMs ?? 0) > nowMs - REOPEN_MS) continue;
      this.incidents.delete(key);
      this.options.grouping.forget(live);
      for (const { tenant, fingerprint } of live.members.values()) {
        const place = liveKey(tenant, fingerprint);
        if (this.places.get(place) === live) this.places.delete(place);
      }
    }
  }

  private goesOn({ record }: LiveIncident, nowMs: number): boolean {
    if (record.status !== "resolved") return true;
    return record.resolvedBy === null && nowMs - (record.resolvedAtMs ?? 0) <= REOPEN_MS;
  }

  private statusOf(live: LiveIncident): StoredIncident["status"] {
    const { record } = live;
    if (record.alertsTotal > 0 && live.active === 0) return "resolved";
    if (live.active === 0) return record.acknowledgement === null ? "triggered" : "acknowledged";
    return live.acknowledged >= live.active ? "acknowledged" : "triggered";
  }

  private anyAcknowledger(live: LiveIncident): string | null {
    for (const { tenant, fingerprint } of live.members.values()) {
      const one = this.acknowledgementOf(tenant, fingerprint);
      if (one !== undefined) return one.by;
    }
    return null;
  }

  private begin(alert: PipelineAlert, keys: readonly string[], nowMs: number): LiveIncident {
    const service = alert.labels["service"] ?? "";
    const [key] = keys;
    return this.add({
      ...emptyRecord(alert.tenant, this.options.makeId(nowMs), nowMs),
      title: titleOf(alert).slice(0, 512),
      severity: severityOf(alert.labels),
      groupedBy:
        key !== undefined ? `group ${key}` : service !== "" ? `service ${service}` : "alert",
    });
  }

  private join(
    live: LiveIncident,
    alert: PipelineAlert,
    keys: readonly string[],
    why: string,
    nowMs: number,
  ): void {
    const { record } = live;
    const { tenant, fingerprint, labels, annotations } = alert;
    const before = live.members.get(fingerprint);
    const severity = severityOf(labels);
    const member: StoredOccurrence = {
      tenant,
      fingerprint,
      // The same start again is another time that it fired.
      startedAtMs: before?.startedAtMs === alert.startsAtMs ? nowMs : alert.startsAtMs,
      endedAtMs: null,
      incident: record.id,
      alertId: alert.alertId,
      name: nameOf(alert),
      service: labels["service"] ?? "",
      severity,
      labels,
      annotations,
      acknowledgedAtMs: null,
      acknowledgedBy: null,
    };
    live.members.set(fingerprint, member);
    this.nameOwn(member);
    live.active++;
    record.alertsTotal++;
    record.lastAlertMs = nowMs;
    record.groupKeys = [...new Set([...record.groupKeys, ...keys])].slice(-MAX_GROUP_KEYS);
    this.addService(live, member.service);
    this.options.grouping.remember(live, member, keys);
    this.options.log.occurrence(member);
    this.adopt(record, alert);
    const joined = why === "" ? "" : `, it belongs here by ${why}`;
    this.tell(live, { kind: "alert_firing", text: `${member.name} fires${joined}` }, member, nowMs);
    this.raise(live, severity, nowMs);
    this.inherit(live, member, nowMs);
    this.settle(live, nowMs);
  }

  private refresh(
    live: LiveIncident,
    member: StoredOccurrence,
    alert: PipelineAlert,
    nowMs: number,
  ): void {
    member.annotations = alert.annotations;
    member.alertId = alert.alertId;
    this.nameOwn(member);
    this.adopt(live.record, alert);
    this.options.log.occurrence(member);
    this.options.log.incident(live.record, nowMs);
  }

  private adopt(record: StoredIncident, alert: PipelineAlert): void {
    if (record.owner === "") record.owner = said(alert, "owner", 256);
    if (record.runbookUrl === "") record.runbookUrl = said(alert, "runbook_url", 2048);
  }

  private raise(live: LiveIncident, severity: string, nowMs: number): void {
    const { record } = live;
    if (severityRank(severity) <= severityRank(record.severity)) return;
    this.options.log.entry(
      record,
      {
        kind: "severity",
        text: `From ${record.severity} to ${severity}`,
        attributes: { from: record.severity, to: severity },
      },
      nowMs,
    );
    record.severity = severity;
    if (record.status === "triggered") this.options.onTriggered(live, nowMs);
  }

  /** Who took care of the incident as a whole also takes care of an alert that comes later and is no worse. */
  private inherit(live: LiveIncident, member: StoredOccurrence, nowMs: number): void {
    const whole = live.record.acknowledgement;
    if (whole === null || severityRank(member.severity) > severityRank(whole.severity)) return;
    if (whole.expiresAtMs !== null && whole.expiresAtMs <= nowMs) return;
    this.acknowledge(live, member, {
      tenant: member.tenant,
      fingerprint: member.fingerprint,
      alertId: member.alertId,
      labels: member.labels,
      by: whole.by,
      note: whole.note,
      atMs: nowMs,
      expiresAtMs: whole.expiresAtMs,
      kind: whole.kind,
      incident: live.record.id,
    });
  }

  private nameOwn({ tenant, alertId, fingerprint }: StoredOccurrence): void {
    if (alertId !== null) this.ownAlerts.set(liveKey(tenant, alertId), fingerprint);
  }

  private addService({ record }: LiveIncident, service: string): void {
    if (service !== "" && !record.services.includes(service) && record.services.length < 200)
      record.services = [...record.services, service];
  }

  private removeAcknowledgement(tenant: string, fingerprint: string): boolean {
    if (!this.acknowledgements.delete(liveKey(tenant, fingerprint))) return false;
    this.options.log.removeAcknowledgement(tenant, fingerprint);
    return true;
  }

  private recount(live: LiveIncident): void {
    live.active = 0;
    live.acknowledged = 0;
    for (const { tenant, fingerprint, endedAtMs } of live.members.values()) {
      if (endedAtMs !== null) continue;
      live.active++;
      if (this.acknowledgements.has(liveKey(tenant, fingerprint))) live.acknowledged++;
    }
  }

  private tell(
    { record }: LiveIncident,
    entry: { kind: "alert_firing" | "alert_resolved"; text: string },
    { fingerprint, name, severity, service }: StoredOccurrence,
    nowMs: number,
  ): void {
    const attributes = { fingerprint, alert: name, severity, service };
    this.options.log.entry(record, { ...entry, attributes }, nowMs);
  }
}
