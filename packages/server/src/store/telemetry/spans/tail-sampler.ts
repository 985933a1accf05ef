import { describeError, overloaded, type Now } from "#lib";

import { draftBatch, sealRecord, type Batch } from "../wal-records.ts";
import type { Segment, WriteAheadLog } from "../wal.ts";
import type { SpanBlock } from "./span-block.ts";
import type { SpanRecord } from "./types.ts";

/** How often traces are looked through for those whose time is over. */
const TICK_MS = 1000;
/** Spans that are written at once. */
const PIECE = 500;
/** Traces whose decision is remembered, for spans that come later. */
const MAX_DECISIONS = 200_000;
const NS_PER_MS = 1e6;

/** Which traces are kept: those that are interesting, and a share of the rest. */
export interface SamplingPolicy {
  /** From the first span of a trace to the decision. */
  waitMs: number;
  errors: boolean;
  slowerThanMs: number | undefined;
  costlierThanUsd: number | undefined;
  share: number;
  maxSpans: number;
}

export interface SamplingStats {
  waitingSpans: number;
  keptSpans: number;
  droppedSpans: number;
  droppedTraces: number;
  /** Traces that were decided before their time because too many spans waited. */
  early: number;
}

interface Waiting {
  tenant: string;
  traceId: string;
  firstMs: number;
  records: SpanRecord[];
}

interface Options {
  /** Undefined while everything is kept. */
  policy(): SamplingPolicy | undefined;
  /** Writes what is kept; durable when it resolves. */
  /** As that of `Spans`. */
  write(
    tenant: string,
    spans: readonly SpanRecord[],
    following: number,
    begun?: (block?: SpanBlock) => void,
  ): Promise<void>;
  /** A log of its own for what waits; absent when nothing has to outlive the process. */
  wal: WriteAheadLog | undefined;
  now: Now;
  onError(message: string): void;
}

const keyOf = (tenant: string, traceId: string): string => `${tenant}\0${traceId}`;

/** The same share of all traces on every server, whatever comes first. */
const shareOf = (traceId: string): number => Number.parseInt(traceId.slice(-12), 16) / 2 ** 48;

/** Whether a trace, as far as it came, is one that somebody will look for. */
function isInteresting(records: readonly SpanRecord[], policy: SamplingPolicy): boolean {
  let cost = 0;
  let startMs = Infinity;
  let endMs = -Infinity;
  for (const { row } of records) {
    if (policy.errors && row.status === 2) return true;
    // What goes on is being watched, and how it ends is not known.
    if (!row.ended) return true;
    cost += row.costUsd;
    const ms = Number(row.startNs) / NS_PER_MS;
    startMs = Math.min(startMs, ms);
    endMs = Math.max(endMs, ms + row.durationNs / NS_PER_MS);
  }
  const { slowerThanMs = Infinity, costlierThanUsd = Infinity } = policy;
  return endMs - startMs >= slowerThanMs || cost >= costlierThanUsd;
}

/**
 * Decides per trace, some time after its first span, whether it is kept. Until then its spans are durable in a log of
 * their own and readable; whoever counts spans as they come has counted them all.
 */
export class TailSampler {
  private readonly options: Options;
  private readonly waiting = new Map<string, Waiting>();
  private readonly decisions = new Map<string, boolean>();
  private sealed: { segment: Segment; sealedMs: number }[] = [];
  private openedMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private readonly counts: SamplingStats = {
    waitingSpans: 0,
    keptSpans: 0,
    droppedSpans: 0,
    droppedTraces: 0,
    early: 0,
  };

  constructor(options: Options) {
    this.options = options;
  }

  /** Takes up what waited when the last process ended. */
  async start(): Promise<void> {
    const { wal, now } = this.options;
    for (const { segment, batches } of (await wal?.recover()) ?? []) {
      for (const { tenant, spans } of batches)
        this.hold(tenant, spans === undefined ? [] : [...spans.records()]);
      this.sealed.push({ segment, sealedMs: now() });
    }
    this.timer = setInterval(() => void this.tick(), TICK_MS).unref();
  }

  /** What waits stays in its log for the next start. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking;
    await this.options.wal?.seal();
  }

  stats(): SamplingStats {
    return { ...this.counts };
  }

  /** Spans of a tenant that wait for the decision about their trace. */
  pending(tenant: string): SpanRecord[] {
    if (this.waiting.size === 0) return [];
    return [...this.waiting.values()].flatMap((one) => (one.tenant === tenant ? one.records : []));
  }

  /**
   * Resolves when the spans are durable, whatever becomes of them.
   * @throws FleetlightError `overloaded` when too much waits.
   */
  async offer(
    tenant: string,
    spans: readonly SpanRecord[],
    following: number,
    begun?: (block?: SpanBlock) => void,
  ): Promise<void> {
    const policy = this.options.policy();
    if (policy === undefined) return this.options.write(tenant, spans, following, begun);
    await this.decideOrHold(policy, tenant, spans, following);
    begun?.();
  }

  private async decideOrHold(
    policy: SamplingPolicy,
    tenant: string,
    spans: readonly SpanRecord[],
    following: number,
  ): Promise<void> {
    const { write, wal } = this.options;
    if (this.counts.waitingSpans + spans.length + following > 2 * policy.maxSpans)
      throw overloaded("too many spans wait for a decision (traces.sampling.max_waiting_spans)");
    const held: SpanRecord[] = [];
    const kept: SpanRecord[] = [];
    let dropped = 0;
    for (const span of spans) {
      const key = keyOf(tenant, span.row.traceId);
      const decision = this.decisions.get(key);
      if (decision === undefined) held.push(span);
      else if (decision || isInteresting([span], policy)) {
        kept.push(span);
        this.decide(key, true);
      } else dropped++;
    }
    if (kept.length > 0) await write(tenant, kept, following);
    this.counts.keptSpans += kept.length;
    this.counts.droppedSpans += dropped;
    if (held.length === 0) return;
    // Within the log's call, so that no segment is given up whose spans nobody holds.
    if (wal === undefined) return this.hold(tenant, held);
    this.openedMs ??= this.options.now();
    const { record }: Batch = draftBatch({ tenant, spans: held });
    await wal.append(sealRecord(record), () => this.hold(tenant, held));
  }

  /** Decides about the traces whose time is over; resolves when what is kept is written. */
  tick(): Promise<void> {
    this.ticking ??= this.tickNow()
      .catch((error: unknown) =>
        this.options.onError(`traces wait longer for a decision: ${describeError(error)}`),
      )
      .finally(() => {
        this.ticking = undefined;
      });
    return this.ticking;
  }

  private hold(tenant: string, spans: readonly SpanRecord[]): void {
    for (const span of spans) {
      const { traceId } = span.row;
      const key = keyOf(tenant, traceId);
      const one = this.waiting.get(key);
      if (one === undefined)
        this.waiting.set(key, { tenant, traceId, firstMs: this.options.now(), records: [span] });
      else one.records.push(span);
    }
    this.counts.waitingSpans += spans.length;
  }

  private async tickNow(): Promise<void> {
    const policy = this.options.policy();
    const nowMs = this.options.now();
    // In the order of their first spans.
    for (const [key, one] of this.waiting) {
      const isDue = policy === undefined || nowMs - one.firstMs >= policy.waitMs;
      const isFull = policy !== undefined && this.counts.waitingSpans > policy.maxSpans;
      if (!isDue && !isFull) break;
      await this.conclude(key, one, policy);
      if (!isDue) this.counts.early++;
    }
    await this.tidy(policy?.waitMs ?? 0);
  }

  private async conclude(
    key: string,
    one: Waiting,
    policy: SamplingPolicy | undefined,
  ): Promise<void> {
    const isKept =
      policy === undefined ||
      shareOf(one.traceId) < policy.share ||
      isInteresting(one.records, policy);
    let done = 0;
    // Spans may come while earlier ones are written; the last of them are written here as well.
    while (isKept && done < one.records.length) {
      const piece = one.records.slice(done, done + PIECE);
      await this.options.write(one.tenant, piece, 0);
      done += piece.length;
    }
    this.waiting.delete(key);
    this.decide(key, isKept);
    this.counts.waitingSpans -= one.records.length;
    if (isKept) this.counts.keptSpans += one.records.length;
    else {
      this.counts.droppedSpans += one.records.length;
      this.counts.droppedTraces++;
    }
  }

  private decide(key: string, isKept: boolean): void {
    this.decisions.delete(key);
    this.decisions.set(key, isKept);
    if (this.decisions.size > MAX_DECISIONS)
      this.decisions.delete(this.decisions.keys().next().value as string);
  }

  /** Ends a segment of the log now and then, and gives up those of which nothing waits any more. */
  private async tidy(waitMs: number): Promise<void> {
    const { wal, now } = this.options;
    if (wal === undefined) return;
    if (this.openedMs !== undefined && now() - this.openedMs >= waitMs) {
      this.openedMs = undefined;
      const segment = await wal.seal();
      if (segment !== undefined) this.sealed.push({ segment, sealedMs: now() });
    }
    const [oldest] = this.waiting.values();
    const keepFromMs = oldest?.firstMs ?? Infinity;
    const over = this.sealed.filter(({ sealedMs }) => sealedMs < keepFromMs);
    this.sealed = this.sealed.filter(({ sealedMs }) => sealedMs >= keepFromMs);
    for (const { segment } of over) await wal.remove(segment);
  }
}
