import type { Registry } from "@fleetlight/sdk";

import type { AnalysedSpan } from "#collect";
import { describeError, type Logger, type Now } from "#lib";
import type { OpenActivity } from "#query";
import type { Activity, ActivityStore } from "#store";

import type { TraceUpdate } from "../live/index.ts";
import { draftOf, kindOf, resolve, typeOf, type Draft } from "./activity-of.ts";

/** What ended so long ago is in the tables only. */
export const WINDOW_MS = 3_900_000;
const FLUSH_MS = 5000;
/** Rows of one insert. */
const MAX_BATCH = 5000;
/** Activities that wait for the tables to take them; further ones are dropped and counted. */
const MAX_WAITING = 200_000;
/** Activities that go on and are remembered. */
const MAX_OPEN = 20_000;
/** Activities of one trace that are looked at again with each update; of larger traces only what is new. */
const MAX_RESOLVED = 5000;

interface Options {
  store: ActivityStore;
  now: Now;
  logger: Logger;
  registry: Registry;
  maxActivities: () => number;
  /** Open work of a trace without news for so long does not go on. */
  silentAfterMs: () => number;
}

/** What came of a trace, from the stream or read again. */
export interface News extends Pick<TraceUpdate, "tenant" | "traceId" | "analysis" | "fresh"> {
  spans: ReadonlyMap<string, AnalysedSpan>;
}

/** Activities of one trace. */
interface Trace {
  tenant: string;
  drafts: Map<string, Draft>;
  open: Map<string, OpenActivity & { spanId: string }>;
  heardMs: number;
}

/**
 * Activities of the last hour, in memory and on their way into the tables. The agent of a span may come to light only when
 * the spans above it arrive, so those of a trace are looked at again with each of its updates.
 */
export class ActivityLog {
  private readonly options: Options;
  private readonly traces = new Map<string, Trace>();
  private readonly waiting = new Map<string, Set<Activity>>();
  /** From when on all that ended was heard, by tenant. */
  private readonly coveredFromMs = new Map<string, number>();
  /** What ended until then may have been given up for want of room. */
  private evictedUntilMs = 0;
  private size = 0;
  private openSize = 0;
  private waitingSize = 0;
  private readonly dropped;
  private readonly evicted;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    this.dropped = registry.counter({
      name: "fleetlight_agent_activities_dropped_total",
      help: "Activities of agents that the tables did not take for so long that they were dropped.",
    });
    this.evicted = registry.counter({
      name: "fleetlight_agent_activities_evicted_total",
      help: "Activities of the last hour that are asked of the tables, because memory holds too many.",
    });
    registry
      .gauge({
        name: "fleetlight_agent_activities",
        help: "Activities of agents that are held in memory.",
      })
      .collect((gauge) => gauge.set(this.size));
  }

  start(): void {
    this.timer = setInterval(() => {
      this.forget(this.options.now());
      void this.flush();
    }, FLUSH_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Says that everything that ended from then on was heard. */
  cover(tenant: string, fromMs: number): void {
    this.coveredFromMs.set(tenant, fromMs);
  }

  /** @returns whether earlier spans of the trace are not in the update, so that it does not tell all of them. */
  hear({ tenant, traceId, spans, analysis, fresh }: News): boolean {
    const key = `${tenant}\0${traceId}`;
    let trace = this.traces.get(key);
    if (trace === undefined) {
      if (!fresh.some((row) => kindOf(row) !== undefined)) return false;
      trace = { tenant, drafts: new Map(), open: new Map(), heardMs: 0 };
    } else this.traces.delete(key);
    // The map's order is that of the latest news.
    this.traces.set(key, trace);
    trace.heardMs = this.options.now();
    const added = this.add(trace, fresh, analysis);
    const isLarge = trace.drafts.size > MAX_RESOLVED;
    let isPartial = false;
    for (const spanId of isLarge ? added : trace.drafts.keys()) {
      const draft = trace.drafts.get(spanId) as Draft;
      const isTold = spans.has(spanId);
      isPartial ||= !isTold;
      const changed = (isTold || added.has(spanId)) && resolve(draft, analysis, spans);
      if (changed || added.has(spanId)) this.wait(tenant, draft.activity);
    }
    this.evict();
    return isPartial && !isLarge;
  }

  private add(trace: Trace, fresh: News["fresh"], analysis: News["analysis"]): Set<string> {
    const added = new Set<string>();
    for (const row of fresh) {
      if (this.openSize < MAX_OPEN || row.ended) this.noteOpen(trace, row, analysis);
      const draft = row.ended ? draftOf(row) : undefined;
      if (draft === undefined) continue;
      if (!trace.drafts.has(row.spanId)) this.size++;
      trace.drafts.set(row.spanId, draft);
      added.add(row.spanId);
    }
    return added;
  }

  /** Undefined when some that ended since then are not here. */
  since(tenant: string, startMs: number): Activity[] | undefined {
    const fromMs = this.coveredFromMs.get(tenant) ?? Infinity;
    if (startMs < Math.max(fromMs, this.evictedUntilMs, this.options.now() - WINDOW_MS))
      return undefined;
    const found: Activity[] = [];
    for (const trace of this.traces.values())
      if (trace.tenant === tenant)
        for (const { activity } of trace.drafts.values())
          if (activity.endUs >= startMs * 1000) found.push(activity);
    return found;
  }

  open(tenant: string): OpenActivity[] {
    const oldestMs = this.options.now() - this.options.silentAfterMs();
    const found: OpenActivity[] = [];
    for (const trace of this.traces.values())
      if (trace.tenant === tenant && trace.heardMs >= oldestMs) found.push(...trace.open.values());
    return found;
  }

  tenants(): Set<string> {
    return new Set([...this.traces.values()].map(({ tenant }) => tenant));
  }

  /** Resolves when the tables have what was heard before the call, or did not take it. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    for (const [tenant, activities] of this.waiting) {
      while (activities.size > 0) {
        const batch = [...activities].slice(0, MAX_BATCH);
        for (const one of batch) activities.delete(one);
        this.waitingSize -= batch.length;
        try {
          await this.options.store.append(tenant, batch);
        } catch (error) {
          this.options.logger.warn(
            { tenant, error: describeError(error) },
            "activities of agents are not stored yet",
          );
          for (const one of batch) this.wait(tenant, one);
          return;
        }
      }
      this.waiting.delete(tenant);
    }
  }

  private wait(tenant: string, activity: Activity): void {
    let waiting = this.waiting.get(tenant);
    if (waiting === undefined) this.waiting.set(tenant, (waiting = new Set()));
    if (waiting.has(activity)) return;
    if (this.waitingSize >= MAX_WAITING) {
      this.dropped.inc();
      return;
    }
    waiting.add(activity);
    this.waitingSize++;
  }

  private noteOpen(
    trace: Trace,
    row: TraceUpdate["fresh"][number],
    { agentOf, workflow }: TraceUpdate["analysis"],
  ): void {
    const kind = kindOf(row);
    const known = trace.open.delete(row.spanId);
    if (known) this.openSize--;
    if (row.ended || kind === undefined) return;
    trace.open.set(row.spanId, {
      spanId: row.spanId,
      kind,
      agent: agentOf.get(row.spanId) ?? row.agent,
      workflow: row.workflow || workflow,
      type: typeOf(row, kind),
      startUs: Number(BigInt(row.startNs) / 1000n),
    });
    this.openSize++;
  }

  private remove(key: string, trace: Trace): void {
    this.traces.delete(key);
    this.size -= trace.drafts.size;
    this.openSize -= trace.open.size;
  }

  private forget(nowMs: number): void {
    for (const [key, trace] of this.traces) {
      // Those that follow were heard of later.
      if (nowMs - trace.heardMs <= WINDOW_MS) break;
      this.remove(key, trace);
    }
  }

  private evict(): void {
    const limit = this.options.maxActivities();
    for (const [key, trace] of this.traces) {
      if (this.size <= limit) break;
      let lastUs = 0;
      for (const { activity } of trace.drafts.values()) lastUs = Math.max(lastUs, activity.endUs);
      this.evictedUntilMs = Math.max(this.evictedUntilMs, Math.floor(lastUs / 1000) + 1);
      this.evicted.inc(trace.drafts.size);
      this.remove(key, trace);
    }
  }
}
