import {
  FindingKind,
  type CoordinationSummary,
  type Finding,
  type FindingList,
} from "@fleetlight/contract";
import { ATTRIBUTES, type Registry } from "@fleetlight/sdk";

import { describeError, isoTime, notFound, type Logger, type Now } from "#lib";
import type { FindingFilter, FindingRepository, MetricStore, StoredFinding } from "#store";

import type { LiveTraces, TraceUpdate } from "../live/index.ts";
import { TenantPages, type EventTeller } from "../outlet/index.ts";
import { createDetectors } from "./detectors.ts";
import { inOrder } from "./evidence.ts";
import { Figures } from "./figures.ts";
import { FindingBook } from "./finding-book.ts";
import { RecentMap } from "./recent-map.ts";
import { defineCoordinationSeries, type CoordinationSeries } from "./series.ts";
import type { Around, Detector, Limits } from "./types.ts";

/** How often detectors are asked about what happens because nothing happens, and findings are written. */
const TICK_MS = 1000;
const PRUNE_MS = 3_600_000;
/** Tenants whose agents are watched. */
const MAX_TENANTS = 1000;
/** Traces whose workflow is remembered. */
const MAX_SCOPES = 20_000;
/** Findings of one tenant that are kept, open ones beside them. */
const MAX_KEPT = 50_000;
/** Findings that are written at once. */
const MAX_WRITTEN = 50;
const PARTS = 60;
const MAX_WAITS = 50;

interface Watched {
  detectors: Detector[];
  book: FindingBook;
  figures: Figures;
  scopes: RecentMap<string, string>;
}

interface Options {
  live: LiveTraces;
  repository: FindingRepository;
  teller: EventTeller;
  metrics: MetricStore;
  limits(): Limits;
  /** Makes a run stop at its next checkpoint. */
  stopRun(tenant: string, traceId: string, reason: string): Promise<void>;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** Watches what agents do to one another while they do it, and remembers what it found. */
export class Coordination {
  private readonly options: Options;
  private readonly tenants = new Map<string, Watched>();
  private readonly pages: TenantPages<CoordinationSeries>;
  private readonly dropped;
  private readonly failed;
  private unsubscribe: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private prunedMs: number;
  private writing: Promise<void> | undefined;

  constructor(options: Options) {
    const { metrics, now, logger, registry } = options;
    this.options = options;
    this.prunedMs = now();
    this.pages = new TenantPages({
      metrics,
      now,
      logger,
      labels: { job: "fleetlight", service: "fleetlight", room: "coordination" },
      define: (own, tenant) => defineCoordinationSeries(own, { ...this.watched(tenant), now }),
    });
    this.dropped = registry.counter({
      name: "fleetlight_coordination_findings_dropped_total",
      help: "Findings that were not kept because too many were open.",
    });
    this.failed = registry.counter({
      name: "fleetlight_coordination_errors_total",
      help: "Updates of traces that a detector could not look at.",
    });
  }

  async start(): Promise<void> {
    const nowMs = this.options.now();
    for (const stored of await this.options.repository.open()) {
      if (this.tenants.size >= MAX_TENANTS && !this.tenants.has(stored.tenant)) continue;
      this.watched(stored.tenant).book.resume(stored, nowMs);
      this.pages.of(stored.tenant);
    }
    this.unsubscribe = this.options.live.onUpdate((update) => this.look(update));
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    this.pages.start();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    clearInterval(this.timer);
    await this.writing;
    await this.write();
    await this.pages.stop();
  }

  async list(tenant: string, filter: FindingFilter): Promise<FindingList> {
    await this.flush();
    const findings = await this.options.repository.list(tenant, filter);
    return { findings, count: findings.length };
  }

  /** @throws FleetlightError `not_found`. */
  async get(tenant: string, id: string): Promise<Finding> {
    await this.flush();
    const finding = await this.options.repository.get(tenant, id);
    if (finding === undefined) throw notFound("finding", id);
    return finding;
  }

  async summary(tenant: string, startMs: number, endMs: number): Promise<CoordinationSummary> {
    await this.flush();
    const begun = await this.options.repository.begun(tenant, startMs, endMs);
    const stepMs = Math.max(1, (endMs - startMs) / PARTS);
    const parts = Array.from({ length: PARTS }, (_, index) => ({
      at: isoTime(startMs + index * stepMs),
      counts: {} as Partial<Record<FindingKind, number>>,
    }));
    const totals = new Map<string, number>();
    for (const { kind, atMs } of begun) {
      totals.set(kind, (totals.get(kind) ?? 0) + 1);
      const part = parts[Math.min(PARTS - 1, Math.floor((atMs - startMs) / stepMs))];
      if (part !== undefined)
        part.counts[kind as FindingKind] = (part.counts[kind as FindingKind] ?? 0) + 1;
    }
    const watched = this.tenants.get(tenant);
    const open = watched?.book.openByKind();
    return {
      start: isoTime(startMs),
      end: isoTime(endMs),
      by_kind: FindingKind.options.map((kind) => ({
        kind,
        open: open?.get(kind) ?? 0,
        total: totals.get(kind) ?? 0,
      })),
      over_time: parts,
      waits: [...(watched?.figures.waits.values() ?? [])]
        .toSorted((a, b) => b.seconds - a.seconds)
        .slice(0, MAX_WAITS),
      duplicated_share: watched?.figures.duplicatedShare(this.options.now()) ?? null,
      mean_rounds: watched?.figures.meanRounds() ?? null,
    };
  }

  private watched(tenant: string): Watched {
    let watched = this.tenants.get(tenant);
    if (watched === undefined) {
      const book = new FindingBook(tenant, {
        onOpen: (owner, finding) => this.tellOpen(owner, finding),
        onOver: (owner, finding) => this.tell(owner, "coordination.finding_over", finding),
        onDropped: () => this.dropped.inc(),
      });
      watched = {
        detectors: createDetectors(),
        book,
        figures: new Figures(),
        scopes: new RecentMap(MAX_SCOPES),
      };
      this.tenants.set(tenant, watched);
    }
    return watched;
  }

  private around({ book, figures }: Watched): Around {
    const nowMs = this.options.now();
    return {
      nowMs,
      limits: this.options.limits(),
      figures,
      report: (sighting) => book.report(sighting, nowMs),
      end: (key) => book.end(key, nowMs),
    };
  }

  private look(update: TraceUpdate): void {
    const { tenant } = update;
    if (!this.options.limits().enabled) return;
    if (!this.tenants.has(tenant) && this.tenants.size >= MAX_TENANTS) return;
    const watched = this.watched(tenant);
    this.pages.of(tenant);
    const scope = scopeOf(update, watched.scopes);
    const trace = { ...update, fresh: inOrder(update.fresh), scope };
    const around = this.around(watched);
    for (const detector of watched.detectors)
      try {
        detector.look(trace, around);
      } catch (error) {
        // Listeners must not throw: a mistake here must not cost others their news.
        this.failed.inc();
        this.options.logger.warn({ error: describeError(error) }, "a trace was not looked at");
      }
  }

  private tick(): void {
    const nowMs = this.options.now();
    const { enabled, over_after } = this.options.limits();
    for (const watched of this.tenants.values()) {
      const around = this.around(watched);
      if (enabled) for (const detector of watched.detectors) detector.tick?.(around);
      watched.book.tick(nowMs, over_after);
    }
    void this.flush();
    if (nowMs - this.prunedMs < PRUNE_MS) return;
    this.prunedMs = nowMs;
    const { retention } = this.options.limits();
    this.options.repository
      .prune(nowMs - retention, MAX_KEPT)
      .catch((error: unknown) =>
        this.options.logger.warn({ error: describeError(error) }, "old findings were not dropped"),
      );
  }

  private flush(): Promise<void> {
    this.writing ??= this.write().finally(() => (this.writing = undefined));
    return this.writing;
  }

  private async write(): Promise<void> {
    for (const { book } of this.tenants.values()) {
      const waiting: StoredFinding[] = [...book.dirty.values()];
      for (let at = 0; at < waiting.length; at += MAX_WRITTEN) {
        const batch = waiting.slice(at, at + MAX_WRITTEN);
        // SQLite answers at once: without a pause many findings would keep everybody waiting.
        await new Promise((resolve) => setImmediate(resolve));
        if (!(await this.put(batch))) break;
        for (const stored of batch)
          if (book.dirty.get(stored.finding.id) === stored) book.dirty.delete(stored.finding.id);
      }
    }
  }

  private async put(batch: readonly StoredFinding[]): Promise<boolean> {
    try {
      await this.options.repository.put(batch);
      return true;
    } catch (error) {
      this.options.logger.warn({ error: describeError(error) }, "findings were not written yet");
      return false;
    }
  }

  private tellOpen(tenant: string, finding: Finding): void {
    this.pages.of(tenant)?.found.inc({ kind: finding.kind });
    this.pages.hurry();
    this.tell(tenant, "coordination.finding", finding);
    if (finding.kind !== "runaway" || !this.options.limits().stop_runaways) return;
    this.options
      .stopRun(tenant, finding.trace_id, finding.summary)
      .catch((error: unknown) =>
        this.options.logger.warn({ error: describeError(error) }, "a runaway was not stopped"),
      );
  }

  private tell(tenant: string, type: string, finding: Finding): void {
    if (finding.state === "over") this.pages.hurry();
    this.options.teller.tell(tenant, {
      type,
      key: finding.id,
      attributes: {
        id: finding.id,
        kind: finding.kind,
        severity: finding.severity,
        agents: finding.agents.join(", "),
        trace_id: finding.trace_id,
        subject: finding.subject,
        summary: finding.summary,
      },
    });
  }
}

/** A workflow is known by its id alone: names of frameworks' graphs are the same in every run. */
function scopeOf(update: TraceUpdate, scopes: RecentMap<string, string>): string {
  const { traceId, fresh, analysis } = update;
  const workflow = fresh.find((row) => (row.attributes[ATTRIBUTES.workflowId] ?? "") !== "");
  const named = workflow?.attributes[ATTRIBUTES.workflowId];
  const known = scopes.get(traceId);
  const scope =
    named === undefined ? (known ?? (analysis.conversation || traceId)) : `workflow ${named}`;
  if (named !== undefined || known !== undefined) scopes.set(traceId, scope);
  return scope;
}
