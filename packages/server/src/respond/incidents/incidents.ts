import { randomBytes } from "node:crypto";

import type {
  Acknowledgement,
  AlertInsights,
  BulkResult,
  Incident,
  IncidentDetail,
  IncidentInput,
  IncidentList,
  Timeline,
} from "@fleetlight/contract";
import { conflict, notFound } from "#lib";
import type { IncidentFilter, StoredOccurrence } from "#store";

import type { Suppressor } from "../alertmanager.ts";
import { AcknowledgementNews } from "./acknowledgement-news.ts";
import { Actions, checkCare, type Care } from "./actions.ts";
import { IncidentBook, REOPEN_MS } from "./book.ts";
import { ChangeLog } from "./change-log.ts";
import { recordDelivery } from "./deliveries.ts";
import { Escalator } from "./escalation.ts";
import { AlertFeed, atMost, nextTurn, SLICE } from "./feed.ts";
import { Grouping } from "./grouping.ts";
import { createIncidentInstruments } from "./instruments.ts";
import { liveKey, type LiveIncident } from "./live.ts";
import { MAX_READ, readPast } from "./past.ts";
import { pruneIncidents } from "./prune.ts";
import { SuppressionWatch } from "./suppression.ts";
import type { IncidentsOptions } from "./options.ts";
import type { Incidents } from "./types.ts";
import {
  checkInsightRange,
  showAcknowledgement,
  showAlert,
  showEntry,
  showIncident,
  showInsights,
} from "./views.ts";
import { IncidentWriter } from "./writer.ts";

const TICK_MS = 1000;
const PRUNE_MS = 3_600_000;

/** How often is looked whether incidents are suppressed. */
const SUPPRESSION_MS = 5000;

/** Escalations that do a step at the same time. */
const MAX_ADVANCING = 16;

/** How long a reader waits for what is being written. */
const LONGEST_WAIT_MS = 100;

const makeId = (nowMs: number): string =>
  `inc_${Math.floor(nowMs / 1000)}_${randomBytes(4).toString("hex")}`;

class IncidentKeeper implements Incidents {
  readonly acknowledgedBy: Suppressor;
  private readonly options: IncidentsOptions;
  private readonly log = new ChangeLog();
  private readonly book: IncidentBook;
  private readonly escalator: Escalator;
  private readonly actions: Actions;
  private readonly writer: IncidentWriter;
  private readonly feed: AlertFeed;
  private readonly suppression: SuppressionWatch;
  private readonly news: AcknowledgementNews;
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private lookedMs = 0;
  private prunedMs = 0;

  // oxlint-disable-next-line max-lines-per-function -- puts the parts together, each a few lines
  constructor(options: IncidentsOptions) {
    this.options = options;
    const { alerts, logger, now, repository, registry } = options;
    const instruments = createIncidentInstruments(registry, () => this.stats());
    this.escalator = new Escalator({
      ...options,
      log: this.log,
      resolve: (live, by, nowMs) => this.actions.resolve(live, by, nowMs),
    });
    this.book = new IncidentBook({
      grouping: new Grouping({
        ...options.grouping,
        groupKeys: (tenant, labels) => alerts.explainRoute(tenant, labels).groupKeys,
      }),
      log: this.log,
      makeId,
      onTriggered: (live, nowMs) => this.escalator.begin(live, nowMs),
      onCalm: (live, reason, nowMs) => this.escalator.stop(live, reason, nowMs),
      onRefused: () => instruments.refused.inc({ kind: "alert" }),
    });
    this.suppression = new SuppressionWatch({ ...options, book: this.book, log: this.log });
    this.actions = new Actions({
      book: this.book,
      log: this.log,
      escalator: this.escalator,
      makeId,
      wake: (tenant, fingerprint) => alerts.wake(tenant, fingerprint),
      onAcknowledged: (one) => this.news.add(one),
    });
    this.news = new AcknowledgementNews({
      ...options,
      acknowledgementOf: (tenant, fingerprint) => this.book.acknowledgementOf(tenant, fingerprint),
    });
    this.writer = new IncidentWriter({
      repository,
      log: this.log,
      logger,
      onFailure: () => instruments.writeFailures.inc(),
    });
    this.feed = new AlertFeed({
      alerts,
      book: this.book,
      now,
      logger,
      onDropped: () => instruments.refused.inc({ kind: "change" }),
      onOther: (change) => recordDelivery(change, this.book, this.log, now()),
      onWork: () => this.writer.wake(),
    });
    this.acknowledgedBy = ({ tenant, fingerprint }, nowMs) => {
      const one = this.book.acknowledgementOf(tenant, fingerprint);
      const isOver = one === undefined || (one.expiresAtMs !== null && one.expiresAtMs <= nowMs);
      return isOver ? [] : [one.by];
    };
  }

  async load(): Promise<void> {
    const { repository, now } = this.options;
    const records = await repository.open(now() - REOPEN_MS);
    const incidents = [];
    for (const record of records) {
      const occurrences = await repository.occurrences(record.tenant, record.id, MAX_READ);
      incidents.push({ record, occurrences });
    }
    this.book.load(incidents, await repository.acknowledgements());
  }

  async start(): Promise<void> {
    const { now } = this.options;
    await this.feed.start();
    this.timer = setInterval(() => {
      if (this.ticking === undefined) void this.tick(now());
    }, TICK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.feed.stop();
    await this.ticking;
    await this.writer.stop();
  }

  tick(nowMs: number): Promise<void> {
    const round = (this.ticking ?? Promise.resolve())
      .then(() => this.work(nowMs))
      .catch((error: unknown) =>
        this.options.logger.error({ err: error }, "a round of incidents failed"),
      )
      .finally(() => {
        if (this.ticking === round) this.ticking = undefined;
      });
    this.ticking = round;
    return round;
  }

  acknowledgementOf(tenant: string, alertId: string): Acknowledgement | undefined {
    const fingerprint = this.book.fingerprintOf(tenant, alertId);
    const one = fingerprint && this.book.acknowledgementOf(tenant, fingerprint);
    return one ? showAcknowledgement(one) : undefined;
  }

  acknowledgements(tenant: string): Acknowledgement[] {
    return [...this.book.acknowledgements.values()]
      .filter((one) => one.tenant === tenant)
      .toSorted((a, b) => b.atMs - a.atMs)
      .map(showAcknowledgement);
  }

  async acknowledgeAlert(tenant: string, alertId: string, care: Care): Promise<Acknowledgement> {
    checkCare(care, this.options.now());
    const { live, member } = await this.findAlert(tenant, alertId);
    const one = this.actions.acknowledgeAlert(live, member, care, this.options.now());
    await this.settled();
    return showAcknowledgement(one);
  }

  async unacknowledgeAlert(tenant: string, alertId: string, by: string): Promise<void> {
    const { live, member } = await this.findAlert(tenant, alertId);
    const { now } = this.options;
    if (!this.actions.unacknowledgeAlert(live, member.fingerprint, by, now()))
      throw conflict("nobody has acknowledged the alert");
    await this.settled();
  }

  acknowledgeAlerts(tenant: string, ids: readonly string[], care: Care): Promise<BulkResult> {
    checkCare(care, this.options.now());
    const nowMs = this.options.now();
    return this.forEach(tenant, ids, (live, member) => {
      this.actions.acknowledgeAlert(live, member, care, nowMs);
      return true;
    });
  }

  unacknowledgeAlerts(tenant: string, ids: readonly string[], by: string): Promise<BulkResult> {
    const nowMs = this.options.now();
    return this.forEach(tenant, ids, (live, { fingerprint }) =>
      this.actions.unacknowledgeAlert(live, fingerprint, by, nowMs),
    );
  }

  incidentOf(tenant: string, alertId: string): string | undefined {
    const fingerprint = this.book.fingerprintOf(tenant, alertId);
    return fingerprint && this.book.placeOf(tenant, fingerprint)?.record.id;
  }

  async list(tenant: string, filter: IncidentFilter): Promise<IncidentList> {
    await this.caughtUp();
    const found = await this.options.repository.list(tenant, {
      ...filter,
      limit: filter.limit + 1,
    });
    const page = found.slice(0, filter.limit);
    const last = found.length > page.length ? page.at(-1) : undefined;
    return {
      incidents: page.map(showIncident),
      count: page.length,
      next_cursor: last === undefined ? null : `${last.triggeredAtMs}_${last.id}`,
    };
  }

  async get(tenant: string, id: string): Promise<IncidentDetail> {
    await this.feed.settle();
    const live = this.book.find(tenant, id) ?? (await this.past(tenant, id));
    const alerts = [...live.members.values()]
      .toSorted((a, b) => b.startedAtMs - a.startedAtMs)
      .slice(0, MAX_READ)
      .map((one) => {
        const isActive = one.endedAtMs === null;
        const acknowledgement = isActive
          ? this.book.acknowledgementOf(tenant, one.fingerprint)
          : undefined;
        return showAlert(one, acknowledgement, isActive ? this.suppression.of(one) : []);
      });
    return { ...showIncident(live.record), alerts };
  }

  async timeline(tenant: string, id: string, after: number, limit: number): Promise<Timeline> {
    await this.caughtUp();
    const { record } = this.book.find(tenant, id) ?? (await this.past(tenant, id));
    const entries = await this.options.repository.entries(tenant, id, after, limit);
    return {
      entries: entries.map(showEntry),
      count: entries.length,
      dropped: record.entriesDropped,
    };
  }

  async create(tenant: string, input: IncidentInput, by: string): Promise<IncidentDetail> {
    const found = await Promise.all(input.alerts.map((id) => this.findAlert(tenant, id)));
    const places = found.map(({ live, member }) => ({ live, fingerprint: member.fingerprint }));
    const made = this.actions.create(tenant, input, places, by, this.options.now());
    await this.settled();
    return this.get(tenant, made.record.id);
  }

  acknowledge(tenant: string, id: string, care: Care): Promise<Incident> {
    checkCare(care, this.options.now());
    return this.with(tenant, id, (live, nowMs) => this.actions.acknowledge(live, care, nowMs));
  }

  unacknowledge(tenant: string, id: string, by: string): Promise<Incident> {
    return this.with(tenant, id, (live, nowMs) => this.actions.unacknowledge(live, by, nowMs));
  }

  resolve(tenant: string, id: string, by: string): Promise<Incident> {
    return this.with(tenant, id, (live, nowMs) => this.actions.resolve(live, by, nowMs));
  }

  reopen(tenant: string, id: string, by: string): Promise<Incident> {
    return this.with(tenant, id, (live, nowMs) => this.actions.reopen(live, by, nowMs));
  }

  assign(tenant: string, id: string, owner: string, by: string): Promise<Incident> {
    return this.with(tenant, id, (live, nowMs) => this.actions.assign(live, owner, by, nowMs));
  }

  note(tenant: string, id: string, text: string, by: string): Promise<Incident> {
    return this.with(tenant, id, (live, nowMs) => this.actions.note(live, text, by, nowMs));
  }

  change(
    tenant: string,
    id: string,
    change: { title: string | undefined; runbookUrl: string | undefined },
    by: string,
  ): Promise<Incident> {
    return this.with(tenant, id, (live, nowMs) => this.actions.change(live, change, by, nowMs));
  }

  async merge(
    tenant: string,
    id: string,
    others: readonly string[],
    by: string,
  ): Promise<IncidentDetail> {
    const sources = await Promise.all([...new Set(others)].map((one) => this.open(tenant, one)));
    await this.with(tenant, id, (live, nowMs) => this.actions.merge(live, sources, by, nowMs));
    return this.get(tenant, id);
  }

  async split(
    tenant: string,
    id: string,
    alertIds: readonly string[],
    title: string | undefined,
    by: string,
  ): Promise<IncidentDetail> {
    const fingerprints = alertIds.map((one) => this.book.fingerprintOf(tenant, one) ?? one);
    let made = id;
    await this.with(tenant, id, (live, nowMs) => {
      made = this.actions.split(live, fingerprints, title, by, nowMs).record.id;
    });
    return this.get(tenant, made);
  }

  async insights(tenant: string, startMs: number, endMs: number): Promise<AlertInsights> {
    checkInsightRange(startMs, endMs);
    await this.caughtUp();
    return showInsights(
      await this.options.repository.insights(tenant, startMs, endMs),
      startMs,
      endMs,
    );
  }

  stats(): { open: number; acknowledged: number } {
    const statuses = [...this.book.incidents.values()].map(({ record }) => record.status);
    const open = statuses.filter((status) => status !== "resolved");
    return { open: open.length, acknowledged: open.filter((one) => one === "acknowledged").length };
  }

  private async work(nowMs: number): Promise<void> {
    await this.feed.settle();
    await this.feed.tick(nowMs);
    this.actions.expire(nowMs);
    const isTime = nowMs - this.lookedMs >= SUPPRESSION_MS;
    if (isTime) this.lookedMs = nowMs;
    const due: LiveIncident[] = [];
    let looked = 0;
    for (const live of this.book.incidents.values()) {
      if (++looked % SLICE === 0) await nextTurn();
      const isDue = this.escalator.isDue(live, nowMs);
      if (live.record.status === "triggered" && (isTime || isDue))
        this.suppression.lookAt(live, nowMs);
      if (isDue) due.push(live);
    }
    for (let start = 0; start < due.length; start += MAX_ADVANCING) {
      const portion = due.slice(start, start + MAX_ADVANCING);
      await Promise.all(portion.map((live) => this.escalator.advance(live, nowMs)));
    }
    this.book.evict(nowMs);
    if (nowMs - this.prunedMs >= PRUNE_MS) {
      this.prunedMs = nowMs;
      await pruneIncidents(this.options.repository, nowMs, this.options.logger);
    }
    await this.settled();
  }

  /** Everything that was done is durable, and others hear of it. */
  private async settled(): Promise<void> {
    await this.writer.flush();
    await this.news.tell();
  }

  /** What is known is in the database, as it is nearly always; in a storm a reader does not wait for the end of it. */
  private caughtUp(): Promise<void> {
    return atMost(
      this.feed.settle().then(() => this.writer.flush()),
      LONGEST_WAIT_MS,
    );
  }

  private async findAlert(
    tenant: string,
    alertId: string,
  ): Promise<{ live: LiveIncident; member: StoredOccurrence }> {
    await this.feed.settle();
    const fingerprint = this.book.fingerprintOf(tenant, alertId);
    const live = fingerprint === undefined ? undefined : this.book.placeOf(tenant, fingerprint);
    const member = live?.members.get(fingerprint ?? "");
    if (live === undefined || member === undefined) throw notFound("active alert", alertId);
    return { live, member };
  }

  private async forEach(
    tenant: string,
    ids: readonly string[],
    act: (live: LiveIncident, member: StoredOccurrence) => boolean,
  ): Promise<BulkResult> {
    await this.feed.settle();
    const missing: string[] = [];
    let changed = 0;
    for (const id of new Set(ids)) {
      const fingerprint = this.book.fingerprintOf(tenant, id) ?? "";
      const live = this.book.placeOf(tenant, fingerprint);
      const member = live?.members.get(fingerprint);
      if (live === undefined || member === undefined) missing.push(id);
      else if (act(live, member)) changed++;
    }
    await this.settled();
    return { changed, not_found: missing };
  }

  /** Does something with an incident, and answers it when that is durable. */
  private async with(
    tenant: string,
    id: string,
    act: (live: LiveIncident, nowMs: number) => void,
  ): Promise<Incident> {
    const live = await this.open(tenant, id);
    act(live, this.options.now());
    await this.settled();
    return showIncident(live.record);
  }

  private async open(tenant: string, id: string): Promise<LiveIncident> {
    await this.feed.settle();
    const live = this.book.find(tenant, id);
    if (live !== undefined) return live;
    const past = await this.past(tenant, id);
    this.book.incidents.set(liveKey(tenant, id), past);
    return past;
  }

  private past(tenant: string, id: string): Promise<LiveIncident> {
    return readPast(this.options.repository, tenant, id);
  }
}

export const createIncidents = (options: IncidentsOptions): Incidents =>
  new IncidentKeeper(options);
