import { randomInt } from "node:crypto";

import type { Registry } from "@fleetlight/sdk";

import { describeError, type Logger, type Now } from "#lib";
import type { EdgeStore, EdgeSums, SpanRow } from "#store";

import { Tally, type LiveTraces, type TraceUpdate } from "../live/index.ts";
import { factOf, hitsOf, Surroundings, usageHitsOf, type Fact, type Hit } from "./hits.ts";
import { Minutes, type Amount } from "./minutes.ts";

/** Pause between two writes of what has changed: what a killed process loses of the graph. */
const FLUSH_MS = 10_000;
/** How long a span waits for its parents, or for the other side of a call; then it counts with what is known. */
const GRACE_MS = 20_000;
/** Spans that wait; further ones count at once. */
const MAX_WAITING = 20_000;
/** Rows of one write: making its record takes some 10 ms. */
const MAX_ROWS = 1000;
/** How long agents that are at work are remembered between two questions. */
const ACTIVE_MS = 2000;

interface Seen {
  fact: Fact;
  amount: Amount;
  isUsage: boolean;
  endMs: number;
  /** With the spans that were there when it was looked at last. */
  hits: Hit[];
}

interface Options {
  live: LiveTraces;
  edges: EdgeStore;
  now: Now;
  registry: Registry;
  logger: Logger;
}

const endMsOf = (row: SpanRow): number => Number(row.startNs) / 1e6 + row.durationNs / 1e6;

const callOf = (row: SpanRow): Amount => ({
  calls: 1,
  errors: row.status === 2 ? 1 : 0,
  durationNs: row.durationNs,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
});

const usageOf = (row: SpanRow): Amount => ({
  calls: 0,
  errors: 0,
  durationNs: 0,
  inputTokens: row.inputTokens,
  outputTokens: row.outputTokens,
  costUsd: row.costUsd,
});

/**
 * Who reaches whom, counted by minute while it happens. A span counts in the minute in which it ended; the latest minutes are
 * in memory and all of them in the store, which a killed process leaves at most `FLUSH_MS` plus `GRACE_MS` behind.
 */
export class FleetGraph {
  private readonly options: Options;
  private readonly tenants = new Map<string, Minutes>();
  private readonly tally: Tally<Seen>;
  private lastPart = 0;
  private version = 0;
  private readonly active = new Map<string, { atMs: number; agents: Map<string, number> }>();
  private readonly counters;

  constructor(options: Options) {
    this.options = options;
    this.tally = new Tally<Seen>({
      live: options.live,
      now: options.now,
      graceMs: GRACE_MS,
      maxWaiting: MAX_WAITING,
      flushMs: FLUSH_MS,
      news: (update) => this.news(update),
      count: (tenant, seen, known) => this.count(tenant, seen, known),
      write: () => this.write(),
    });
    const { registry } = options;
    const counter = (name: string, help: string) => registry.counter({ name, help });
    this.counters = {
      overflow: counter(
        "fleetlight_fleet_graph_overflow_total",
        "Calls that were counted without names, because a minute had too many edges.",
      ),
      impatient: counter(
        "fleetlight_fleet_graph_unresolved_total",
        "Spans that were counted before all of their parents, or the agent that they hand over to, had come.",
      ),
      evicted: counter(
        "fleetlight_fleet_graph_evictions_total",
        "Minutes that left memory early because it was full; they are read from the tables.",
      ),
      failed: counter(
        "fleetlight_fleet_graph_write_errors_total",
        "Writes of the graph that failed and were tried again.",
      ),
    };
    registry
      .gauge({ name: "fleetlight_fleet_graph_edges", help: "Edges by minute that are in memory." })
      .collect((gauge) =>
        gauge.set([...this.tenants.values()].reduce((sum, { cells }) => sum + cells, 0)),
      );
  }

  start(): void {
    this.tally.start();
  }

  /** As `Tally.stop`. */
  stop(): Promise<void> {
    return this.tally.stop();
  }

  /** As `Tally.flush`. */
  flush(): Promise<void> {
    return this.tally.flush();
  }

  /** Adds what memory has of a range: see `Minutes.addTo`. */
  addTo(tenant: string, sums: EdgeSums, startMs: number, endMs: number) {
    return this.minutesOf(tenant).addTo(sums, startMs, endMs);
  }

  /** Agents that are at work now, with the number of their spans that go on. */
  activeAgents(tenant: string): ReadonlyMap<string, number> {
    const nowMs = this.options.now();
    const known = this.active.get(tenant);
    if (known !== undefined && nowMs - known.atMs < ACTIVE_MS) return known.agents;
    const agents = new Map<string, number>();
    for (const { spans, heardMs } of this.options.live.open(tenant)) {
      // What has been silent for long is stale rather than at work.
      if (nowMs - heardMs > 60_000) continue;
      for (const { ended, facets } of spans.values())
        if (!ended && facets.agent !== "")
          agents.set(facets.agent, (agents.get(facets.agent) ?? 0) + 1);
    }
    this.active.set(tenant, { atMs: nowMs, agents });
    return agents;
  }

  private minutesOf(tenant: string): Minutes {
    let minutes = this.tenants.get(tenant);
    if (minutes === undefined) {
      const { overflow, evicted } = this.counters;
      const options = {
        newPart: () => this.newPart(),
        onOverflow: () => overflow.inc(),
        onEvicted: () => evicted.inc(),
      };
      this.tenants.set(tenant, (minutes = new Minutes(options, this.options.now())));
    }
    return minutes;
  }

  /** By time and chance, so that neither a restart nor another server at the same tables has the same. */
  private newPart(): number {
    const part = this.options.now() * 4096 + randomInt(4096);
    return (this.lastPart = Math.max(part, this.lastPart + 1));
  }

  private news({ tenant, fresh, paid, spans }: TraceUpdate) {
    const waits: Seen[] = [];
    const around = new Surroundings(spans);
    const resolve = (fact: Fact, isUsage: boolean) =>
      isUsage ? usageHitsOf(fact, spans) : hitsOf(fact, spans, around);
    const hear = (row: SpanRow, isUsage: boolean) => {
      const fact = factOf(row);
      const { hits, complete } = resolve(fact, isUsage);
      const amount = isUsage ? usageOf(row) : callOf(row);
      const one = { fact, amount, isUsage, endMs: endMsOf(row), hits };
      if (complete) this.count(tenant, one, true);
      else waits.push(one);
    };
    for (const row of fresh) if (row.ended) hear(row, false);
    for (const { row } of paid) hear(row, true);
    const look = (one: Seen): boolean => {
      const { hits, complete } = resolve(one.fact, one.isUsage);
      one.hits = hits;
      return complete;
    };
    return { waits, look };
  }

  private count(tenant: string, { fact, amount, endMs, hits }: Seen, known: boolean): void {
    // What is outside of the fleet answers with no span: there is nothing that it could have waited for.
    if (!known && fact.external === undefined) this.counters.impatient.inc();
    const minutes = this.minutesOf(tenant);
    for (const hit of hits) minutes.add(fact.service, hit, amount, endMs, this.options.now());
  }

  private async write(): Promise<void> {
    const { edges, now, logger } = this.options;
    this.version = Math.max(now(), this.version + 1);
    for (const [tenant, minutes] of this.tenants) {
      const { rows, failed } = minutes.takeChanged(this.version);
      try {
        for (let start = 0; start < rows.length; start += MAX_ROWS)
          await edges.append(tenant, rows.slice(start, start + MAX_ROWS));
      } catch (error) {
        failed();
        this.counters.failed.inc();
        logger.warn({ error: describeError(error) }, "the fleet graph was not written");
      }
      minutes.forget(now());
    }
  }
}
