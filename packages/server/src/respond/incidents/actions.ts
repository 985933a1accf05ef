import type { IncidentInput } from "@fleetlight/contract";
import { badRequest, conflict, notFound } from "#lib";
import type { StoredAcknowledgement, StoredIncident, StoredOccurrence } from "#store";

import type { IncidentBook } from "./book.ts";
import type { ChangeLog } from "./change-log.ts";
import type { Escalator } from "./escalation.ts";
import { activeMembers, emptyRecord, type LiveIncident } from "./live.ts";

/** How somebody takes care. */
export interface Care {
  by: string;
  note: string;
  expiresAtMs: number | null;
  kind: StoredAcknowledgement["kind"];
}

/** @throws FleetlightError `bad_request` for an acknowledgement that would end in the past. */
export function checkCare({ expiresAtMs }: Care, nowMs: number): void {
  if (expiresAtMs !== null && expiresAtMs <= nowMs)
    throw badRequest("the end is over already; leave it out, or give one that is to come");
}

interface ActionsOptions {
  book: IncidentBook;
  log: ChangeLog;
  escalator: Escalator;
  makeId: (nowMs: number) => string;
  /** Groups with an alert are to look at it again, because its acknowledgement came or went. */
  wake: (tenant: string, fingerprint: string) => void;
  onAcknowledged: (one: StoredAcknowledgement) => void;
}

/** What people do with alerts and incidents, in memory; the caller sees to it that it becomes durable. */
export class Actions {
  private readonly options: ActionsOptions;

  constructor(options: ActionsOptions) {
    this.options = options;
  }

  /** @throws FleetlightError `conflict` when the alert is over. */
  acknowledgeAlert(
    live: LiveIncident,
    member: StoredOccurrence,
    care: Care,
    nowMs: number,
  ): StoredAcknowledgement {
    if (member.endedAtMs !== null) throw conflict("the alert is over");
    const one = this.take(live, member, care, null, nowMs);
    this.say(live, member, care, nowMs);
    this.options.book.settle(live, nowMs, care.by);
    return one;
  }

  /** @returns whether there was something to take back. */
  unacknowledgeAlert(live: LiveIncident, fingerprint: string, by: string, nowMs: number): boolean {
    const { book, log } = this.options;
    const member = live.members.get(fingerprint);
    const { record } = live;
    if (member === undefined || !book.unacknowledge(live, record.tenant, fingerprint)) return false;
    log.entry(
      record,
      { kind: "unacknowledged", by, text: `${member.name} is not acknowledged any more` },
      nowMs,
    );
    book.settle(live, nowMs, by);
    this.options.wake(record.tenant, fingerprint);
    return true;
  }

  /** @throws FleetlightError `conflict` when it is resolved. */
  acknowledge(live: LiveIncident, care: Care, nowMs: number): void {
    const { record } = live;
    this.refuseResolved(live);
    const { by, note, expiresAtMs, kind } = care;
    record.acknowledgement = {
      by,
      note,
      atMs: nowMs,
      expiresAtMs,
      severity: record.severity,
      kind,
    };
    for (const member of activeMembers(live)) this.take(live, member, care, record.id, nowMs);
    this.say(live, undefined, care, nowMs);
    this.options.book.settle(live, nowMs, by);
  }

  /** @throws FleetlightError `conflict` when nobody had acknowledged it. */
  unacknowledge(live: LiveIncident, by: string, nowMs: number): void {
    const { book, log, wake } = this.options;
    const { record } = live;
    const acknowledged = activeMembers(live).filter(
      ({ fingerprint }) => book.acknowledgementOf(record.tenant, fingerprint) !== undefined,
    );
    if (record.acknowledgement === null && acknowledged.length === 0)
      throw conflict("nobody has acknowledged the incident");
    record.acknowledgement = null;
    for (const { fingerprint } of acknowledged) {
      book.unacknowledge(live, record.tenant, fingerprint);
      wake(record.tenant, fingerprint);
    }
    log.entry(record, { kind: "unacknowledged", by, text: "Not acknowledged any more" }, nowMs);
    book.settle(live, nowMs, by);
  }

  /** Acknowledgements whose time is over; called every second. */
  expire(nowMs: number): void {
    const { book, log, wake } = this.options;
    const touched = new Set<LiveIncident>();
    for (const one of book.acknowledgements.values()) {
      if (one.expiresAtMs === null || one.expiresAtMs > nowMs) continue;
      const live = book.placeOf(one.tenant, one.fingerprint);
      if (live === undefined) {
        book.acknowledgements.delete(`${one.tenant}\n${one.fingerprint}`);
        log.removeAcknowledgement(one.tenant, one.fingerprint);
        continue;
      }
      book.unacknowledge(live, one.tenant, one.fingerprint);
      const text = `${one.kind === "snooze" ? "The snooze" : "The acknowledgement"} by ${one.by} is over`;
      if (!touched.has(live))
        log.entry(live.record, { kind: "acknowledgement_expired", text }, nowMs);
      touched.add(live);
      wake(one.tenant, one.fingerprint);
    }
    for (const live of book.incidents.values()) {
      const whole = live.record.acknowledgement;
      if (whole === null || whole.expiresAtMs === null || whole.expiresAtMs > nowMs) continue;
      live.record.acknowledgement = null;
      touched.add(live);
    }
    for (const live of touched) book.settle(live, nowMs);
  }

  /** @throws FleetlightError `conflict` when it is resolved already. */
  resolve(live: LiveIncident, by: string, nowMs: number): void {
    const { record } = live;
    this.refuseResolved(live);
    record.status = "resolved";
    record.resolvedAtMs = nowMs;
    record.resolvedBy = by;
    record.acknowledgement = null;
    const still = live.active === 0 ? "" : `, while ${live.active} of its alerts fire`;
    this.options.log.entry(
      record,
      { kind: "status", by, text: `Resolved by hand${still}`, attributes: { to: "resolved" } },
      nowMs,
    );
    this.options.escalator.stop(live, "it is resolved", nowMs);
  }

  /** @throws FleetlightError `conflict` when it is open, merged, or over because its alerts are. */
  reopen(live: LiveIncident, by: string, nowMs: number): void {
    const { record } = live;
    if (record.status !== "resolved") throw conflict("the incident is open");
    if (record.mergedInto !== null)
      throw conflict(`the incident is part of ${record.mergedInto}; reopen that one`);
    if (record.alertsTotal > 0 && live.active === 0)
      throw conflict("none of its alerts fires; make a new incident for what is left to do");
    record.resolvedBy = null;
    this.options.log.entry(record, { kind: "status", by, text: "Reopened" }, nowMs);
    this.options.book.settle(live, nowMs, by);
  }

  assign(live: LiveIncident, owner: string, by: string, nowMs: number): void {
    live.record.owner = owner;
    const text = owner === "" ? "Nobody is the owner any more" : `${owner} is the owner`;
    this.options.log.entry(
      live.record,
      { kind: "assigned", by, text, attributes: { owner } },
      nowMs,
    );
  }

  note(live: LiveIncident, text: string, by: string, nowMs: number): void {
    this.options.log.entry(live.record, { kind: "note", by, text }, nowMs);
  }

  change(
    live: LiveIncident,
    { title, runbookUrl }: { title: string | undefined; runbookUrl: string | undefined },
    by: string,
    nowMs: number,
  ): void {
    if (title !== undefined) live.record.title = title;
    if (runbookUrl !== undefined) live.record.runbookUrl = runbookUrl;
    const what = [
      ...(title === undefined ? [] : [`title: ${title}`]),
      ...(runbookUrl === undefined ? [] : [`runbook: ${runbookUrl}`]),
    ];
    this.options.log.entry(live.record, { kind: "changed", by, text: what.join("; ") }, nowMs);
  }

  /** Moves everything of `others` into `live` and closes them. @throws FleetlightError `conflict` or `bad_request`. */
  merge(live: LiveIncident, others: readonly LiveIncident[], by: string, nowMs: number): void {
    const { book, log } = this.options;
    if (others.includes(live)) throw badRequest("an incident cannot be merged into itself");
    for (const one of [live, ...others]) this.refuseResolved(one);
    for (const other of others) {
      book.move(other, live, [...other.members.keys()], nowMs);
      other.record.mergedInto = live.record.id;
      other.record.alertsTotal = 0;
      const from = other.record.id;
      log.entry(other.record, { kind: "merged", by, text: `Merged into ${live.record.id}` }, nowMs);
      this.resolve(other, by, nowMs);
      log.entry(
        live.record,
        { kind: "merged", by, text: `Took over the alerts of ${from}`, attributes: { from } },
        nowMs,
      );
    }
    book.settle(live, nowMs, by);
  }

  /** Moves alerts into an incident of their own. @throws FleetlightError `not_found` or `conflict`. */
  split(
    live: LiveIncident,
    fingerprints: readonly string[],
    title: string | undefined,
    by: string,
    nowMs: number,
  ): LiveIncident {
    const { book, log } = this.options;
    this.refuseResolved(live);
    for (const fingerprint of fingerprints)
      if (!live.members.has(fingerprint)) throw notFound("alert of the incident", fingerprint);
    if (new Set(fingerprints).size >= live.members.size)
      throw conflict("at least one alert has to stay");
    const [first = ""] = fingerprints;
    const member = live.members.get(first);
    const made = this.add(
      {
        tenant: live.record.tenant,
        title: title ?? `${member?.name ?? "Alert"} (split)`,
        severity: member?.severity ?? live.record.severity,
        owner: live.record.owner,
        runbookUrl: live.record.runbookUrl,
      },
      nowMs,
    );
    book.move(live, made, fingerprints, nowMs);
    const words = `${fingerprints.length} alerts`;
    log.entry(
      live.record,
      { kind: "split", by, text: `${words} went to ${made.record.id}` },
      nowMs,
    );
    log.entry(
      made.record,
      { kind: "split", by, text: `${words} came from ${live.record.id}` },
      nowMs,
    );
    book.settle(live, nowMs, by);
    book.settle(made, nowMs, by);
    return made;
  }

  /** An incident that no alert began; alerts that it names are moved into it. */
  create(
    tenant: string,
    input: IncidentInput,
    places: readonly { live: LiveIncident; fingerprint: string }[],
    by: string,
    nowMs: number,
  ): LiveIncident {
    const { book } = this.options;
    const { title, severity, owner, note, runbook_url: runbookUrl, services } = input;
    const made = this.add({ tenant, title, severity, owner, runbookUrl, services }, nowMs);
    const sources = new Set<LiveIncident>();
    for (const { live, fingerprint } of places) {
      book.move(live, made, [fingerprint], nowMs);
      sources.add(live);
    }
    for (const live of sources) book.settle(live, nowMs, by);
    if (note !== "") this.note(made, note, by, nowMs);
    book.settle(made, nowMs, by);
    return made;
  }

  private add(
    more: Pick<StoredIncident, "tenant" | "title" | "severity" | "owner" | "runbookUrl"> & {
      services?: readonly string[];
    },
    nowMs: number,
  ): LiveIncident {
    const record = emptyRecord(more.tenant, this.options.makeId(nowMs), nowMs);
    return this.options.book.add({ ...record, ...more });
  }

  private take(
    live: LiveIncident,
    member: StoredOccurrence,
    { by, note, expiresAtMs, kind }: Care,
    incident: string | null,
    nowMs: number,
  ): StoredAcknowledgement {
    const { tenant, fingerprint, alertId, labels } = member;
    const one = {
      tenant,
      fingerprint,
      alertId,
      labels,
      by,
      note,
      atMs: nowMs,
      expiresAtMs,
      kind,
      incident,
    };
    this.options.book.acknowledge(live, member, one);
    this.options.wake(tenant, fingerprint);
    this.options.onAcknowledged(one);
    return one;
  }

  private say(
    { record }: LiveIncident,
    member: StoredOccurrence | undefined,
    { by, note, expiresAtMs, kind }: Care,
    nowMs: number,
  ): void {
    const until = expiresAtMs === null ? "" : ` until ${new Date(expiresAtMs).toISOString()}`;
    const what = member?.name ?? "The incident";
    const verb = kind === "snooze" ? "snoozed" : "acknowledged";
    const text = `${what} is ${verb}${until}${note === "" ? "" : `: ${note}`}`;
    const attributes = member === undefined ? {} : { fingerprint: member.fingerprint };
    this.options.log.entry(record, { kind: "acknowledged", by, text, attributes }, nowMs);
  }

  private refuseResolved({ record }: LiveIncident): void {
    if (record.status === "resolved")
      throw conflict(`incident ${record.id} is resolved; reopen it first`);
  }
}
