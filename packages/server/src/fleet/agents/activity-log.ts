import type { Registry } from "@fleetlight/sdk";

import type { AnalysedSpan } from "#collect";
import type { Logger, Now } from "#lib";
import { analysedOf, type OpenActivity } from "#query";
import type { Activity, ActivityStore, SpanRow } from "#store";

import type { TraceUpdate } from "../live/index.ts";
import { activityOf, kindOf, resolve, typeOf } from "./activity-of.ts";
import { ActivityPage, copyOf } from "./activity-page.ts";
import { ActivityQueue, viewsOf, type Run } from "./activity-queue.ts";

/** What ended so long ago is in the tables only. */
export const WINDOW_MS = 3_900_000;
const FLUSH_MS = 5000;
/** Activities that go on and are remembered. */
const MAX_OPEN = 20_000;
/** Activities of one trace that are looked at again with each update; of larger traces only what is new. */
const MAX_RESOLVED = 5000;
/** Activities of one trace that go onto pages, and how often they are taken off these when the trace goes on. */
const MAX_SETTLED = 256;
const MAX_LIFTS = 4;

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
export interface News extends Pick<
  TraceUpdate,
  "tenant" | "traceId" | "analysis" | "fresh" | "isWhole"
> {
  spans: ReadonlyMap<string, AnalysedSpan>;
}

/** Activities of one trace: those that may still change, and those of a trace which nothing is missing of, on pages. */
interface Trace {
  tenant: string;
  traceId: string;
  loose: Map<string, Activity>;
  runs: Run[];
  lifts: number;
  open: Map<string, OpenActivity & { spanId: string }>;
  heardMs: number;
}

const keyOf = ({ tenant, traceId }: Pick<Trace, "tenant" | "traceId">): string =>
  `${tenant}\0${traceId}`;

function* activitiesOf({ loose, runs }: Trace): Generator<Activity> {
  yield* loose.values();
  for (const run of runs) yield* viewsOf(run);
}

const sizeOf = ({ loose, runs }: Trace): number =>
  runs.reduce((sum, { count }) => sum + count, loose.size);

/**
 * Activities of the last hour, in memory and on their way into the tables. The agent of a span may come to light only when
 * the spans above it arrive, so those of a trace are looked at again with each of its updates.
 */
export class ActivityLog {
  private readonly options: Options;
  private readonly traces = new Map<string, Trace>();
  private readonly queue: ActivityQueue;
  private page = new ActivityPage();
  /** From when on all that ended was heard, by tenant. */
  private readonly coveredFromMs = new Map<string, number>();
  /** What ended until then may have been given up for want of room. */
  private evictedUntilMs = 0;
  private size = 0;
  private openSize = 0;
  private readonly evicted;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    const dropped = registry.counter({
      name: "fleetlight_agent_activities_dropped_total",
      help: "Activities of agents that the tables did not take for so long that they were dropped.",
    });
    this.queue = new ActivityQueue({
      store: options.store,
      logger: options.logger,
      onDropped: (count) => dropped.inc(count),
      replace: (run) => this.waitAgain(run),
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
  hear({ tenant, traceId, spans, analysis, fresh, isWhole }: News): boolean {
    const key = keyOf({ tenant, traceId });
    let trace = this.traces.get(key);
    if (trace === undefined) {
      if (!fresh.some((row) => kindOf(row) !== undefined)) return false;
      trace = {
        tenant,
        traceId,
        loose: new Map(),
        runs: [],
        lifts: 0,
        open: new Map(),
        heardMs: 0,
      };
    } else {
      this.traces.delete(key);
      this.lift(trace);
    }
    // The map's order is that of the latest news.
    this.traces.set(key, trace);
    trace.heardMs = this.options.now();
    const added = this.add(trace, fresh, analysis);
    const isLarge = trace.loose.size > MAX_RESOLVED;
    let isPartial = false;
    for (const spanId of isLarge ? added.keys() : trace.loose.keys()) {
      const activity = trace.loose.get(spanId) as Activity;
      const row = added.get(spanId);
      const told = spans.get(spanId);
      isPartial ||= told === undefined;
      const span = told ?? (row === undefined ? undefined : analysedOf(row));
      const hasChanged = span !== undefined && resolve(activity, span, analysis, spans);
      if (hasChanged || row !== undefined) this.queue.add(tenant, activity);
    }
    if (isWhole && !isPartial) this.settle(trace);
    this.evict();
    return isPartial && !isLarge;
  }

  /** @returns rows of activities that are there from now on, by the span's id */
  private add(
    trace: Trace,
    fresh: News["fresh"],
    analysis: News["analysis"],
  ): ReadonlyMap<string, SpanRow> {
    const added = new Map<string, SpanRow>();
    for (const row of fresh) {
      if (this.openSize < MAX_OPEN || row.ended) this.noteOpen(trace, row, analysis);
      const activity = row.ended ? activityOf(row) : undefined;
      if (activity === undefined) continue;
      const former = trace.loose.get(row.spanId);
      if (former === undefined) this.size++;
      else this.queue.take(trace.tenant, former);
      trace.loose.set(row.spanId, activity);
      added.set(row.spanId, row);
    }
    return added;
  }

  /** Puts the activities onto a page: most traces do not go on once nothing is missing of them. */
  private settle(trace: Trace): void {
    const { tenant, loose } = trace;
    if (loose.size > MAX_SETTLED || trace.lifts > MAX_LIFTS || trace.open.size > 0) return;
    const all = [...loose.values()];
    if (all.some((one) => this.queue.isUnderWay(one))) return;
    const waiting = new Set(all.filter((one) => this.queue.take(tenant, one)));
    const runs = this.runsOf(trace, [...waiting]);
    for (const run of runs) this.queue.addRun(run);
    const written = all.filter((one) => !waiting.has(one));
    trace.runs.push(...runs, ...this.runsOf(trace, written));
    loose.clear();
  }

  private runsOf({ tenant, traceId }: Trace, activities: readonly Activity[]): Run[] {
    const runs: Run[] = [];
    let run: Run | undefined;
    for (const one of activities) {
      if (this.page.isFull) this.page = new ActivityPage();
      const { page } = this;
      if (run?.page !== page) {
        run = { tenant, traceId, page, from: page.count, count: 0 };
        runs.push(run);
      }
      page.add(one);
      run.count++;
    }
    return runs;
  }

  /** Takes the activities off their page: the trace goes on. */
  private lift(trace: Trace): void {
    const { tenant, loose, runs } = trace;
    if (runs.length === 0) return;
    trace.lifts++;
    trace.runs = [];
    for (const run of runs) {
      const isWaiting = this.queue.takeRun(run);
      for (const view of viewsOf(run)) {
        const one = copyOf(view);
        loose.set(one.spanId, one);
        if (isWaiting) this.queue.add(tenant, one);
      }
    }
  }

  /** What the tables did not take is written as it is now. */
  private waitAgain(run: Run): void {
    const trace = this.traces.get(keyOf(run));
    if (trace === undefined || trace.runs.includes(run)) return this.queue.addRun(run);
    for (const other of trace.runs) this.queue.addRun(other);
    for (const { spanId } of viewsOf(run)) {
      const lifted = trace.loose.get(spanId);
      if (lifted !== undefined) this.queue.add(run.tenant, lifted);
    }
  }

  /** Undefined when some that ended since then are not here. */
  since(tenant: string, startMs: number): Activity[] | undefined {
    const fromMs = this.coveredFromMs.get(tenant) ?? Infinity;
    if (startMs < Math.max(fromMs, this.evictedUntilMs, this.options.now() - WINDOW_MS))
      return undefined;
    const found: Activity[] = [];
    for (const trace of this.traces.values())
      if (trace.tenant === tenant)
        for (const activity of activitiesOf(trace))
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
    return this.queue.flush();
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
    this.size -= sizeOf(trace);
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
      for (const { endUs } of activitiesOf(trace)) lastUs = Math.max(lastUs, endUs);
      this.evictedUntilMs = Math.max(this.evictedUntilMs, Math.floor(lastUs / 1000) + 1);
      this.evicted.inc(sizeOf(trace));
      this.remove(key, trace);
    }
  }
}
