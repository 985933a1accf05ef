import type { Registry } from "@fleetlight/sdk";

import { describeError, type Logger, type Now } from "#lib";
import type { ExemplarStore, MetricStore, SpanRow } from "#store";

import { agentAbove, Tally, type LiveTraces, type TraceUpdate } from "../live/index.ts";
import { factsOf, type SpanFacts } from "./facts.ts";
import { MetricBook } from "./metric-book.ts";
import { observe } from "./observe.ts";
import { SpanNames } from "./span-names.ts";

/** Pause between two writes: a killed process loses what was counted since, as a restart is a counter's reset. */
const FLUSH_MS = 5000;
/** How long a span waits for the agent above it; then it counts without one. */
const GRACE_MS = 15_000;
const MAX_WAITING = 20_000;

interface Options {
  live: LiveTraces;
  metrics: MetricStore;
  exemplars: ExemplarStore;
  /** Most sets of labels of one tenant; 0 makes no series at all. */
  maxSets: () => number;
  now: Now;
  registry: Registry;
  logger: Logger;
}

interface Tenant {
  book: MetricBook;
  names: SpanNames;
}

/** Ordinary series of what spans tell: calls, errors and durations, tokens and cost, messages. */
export class SpanMetrics {
  private readonly options: Options;
  private readonly tenants = new Map<string, Tenant>();
  private readonly tally: Tally<SpanFacts>;
  private readonly counters;

  constructor(options: Options) {
    this.options = options;
    this.tally = new Tally<SpanFacts>({
      live: options.live,
      now: options.now,
      graceMs: GRACE_MS,
      maxWaiting: MAX_WAITING,
      flushMs: FLUSH_MS,
      news: (update) => this.news(update),
      count: (tenant, facts) => this.count(tenant, facts),
      write: () => this.write(),
    });
    const { registry } = options;
    const counter = (name: string, help: string) => registry.counter({ name, help });
    this.counters = {
      names: counter(
        "fleetlight_span_metrics_names_overflow_total",
        "Spans that were counted without their name, because their service has too many.",
      ),
      sets: counter(
        "fleetlight_span_metrics_overflow_total",
        "Observations that were counted without labels of their own, because there are too many sets.",
      ),
      refused: counter(
        "fleetlight_span_metrics_refused_total",
        "Sets of labels that the store had no series for.",
      ),
      failed: counter(
        "fleetlight_span_metrics_write_errors_total",
        "Writes that failed and were tried again.",
      ),
    };
    registry
      .gauge({ name: "fleetlight_span_metrics_sets", help: "Sets of labels that are counted." })
      .collect((gauge) =>
        gauge.set([...this.tenants.values()].reduce((sum, { book }) => sum + book.sets, 0)),
      );
  }

  start(): void {
    this.tally.start();
  }

  stop(): Promise<void> {
    return this.tally.stop();
  }

  /** As `Tally.flush`. */
  flush(): Promise<void> {
    return this.tally.flush();
  }

  private news({ tenant, fresh, paid, spans }: TraceUpdate) {
    if (this.options.maxSets() === 0) return undefined;
    const waits: SpanFacts[] = [];
    const hear = (row: SpanRow, isUsage: boolean) => {
      const facts = factsOf(row, isUsage);
      if (look(facts)) this.count(tenant, facts);
      else waits.push(facts);
    };
    const look = (facts: SpanFacts): boolean => {
      if (facts.agent !== "") return true;
      const { agent, known } = agentAbove(facts.parentSpanId, spans, (name) => name !== "");
      facts.agent = agent;
      return known;
    };
    for (const row of fresh) if (row.ended) hear(row, false);
    for (const { row } of paid) hear(row, true);
    return { waits, look };
  }

  private count(tenant: string, facts: SpanFacts): void {
    const { book, names } = this.tenantOf(tenant);
    const nowMs = this.options.now();
    observe(
      facts,
      ({ service, name }) => names.labelOf(service, name),
      (family, labels, value, of) => book.take(family, labels, value, of, nowMs),
    );
  }

  private tenantOf(tenant: string): Tenant {
    let known = this.tenants.get(tenant);
    if (known === undefined) {
      const { metrics, exemplars, maxSets, now } = this.options;
      const book = new MetricBook(
        {
          metrics,
          exemplars,
          tenant,
          maxSets,
          onOverflow: () => this.counters.sets.inc(),
          onRefused: () => this.counters.refused.inc(),
        },
        now(),
      );
      known = { book, names: new SpanNames(() => this.counters.names.inc()) };
      this.tenants.set(tenant, known);
    }
    return known;
  }

  private async write(): Promise<void> {
    for (const { book } of this.tenants.values())
      try {
        await book.flush(this.options.now());
      } catch (error) {
        this.counters.failed.inc();
        this.options.logger.warn(
          { error: describeError(error) },
          "metrics of spans were not written",
        );
      }
  }
}
