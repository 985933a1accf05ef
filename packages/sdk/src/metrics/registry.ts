import { contentType, exposeMetric } from "./expose.ts";
import type { AnyMetric, ExpositionFormat } from "./expose.ts";
import { renderLabels } from "./family.ts";
import type { FamilyDescription } from "./family.ts";
import { Counter, DEFAULT_BUCKETS, Gauge, Histogram } from "./kinds.ts";
import {
  adviseOnName,
  checkLabelNames,
  checkMetricName,
  familyName,
  MetricError,
  unitOf,
} from "./names.ts";
import type { MetricKind } from "./names.ts";

/** Series of one metric above this number are dropped and counted. */
export const DEFAULT_MAX_SERIES = 10_000;

export type RegistryOptions = {
  /** Put before every name, e.g. `agent_lightning_`. */
  prefix?: string;
  /** Labels of every series. */
  defaultLabels?: Readonly<Record<string, string>>;
  /** Limit of series per metric; 10,000 when left out. */
  maxSeriesPerMetric?: number;
  /** Told of names that are valid and break a convention; they are also in `warnings`. */
  onWarning?: (warning: string) => void;
};

export type MetricOptions<L extends string> = {
  name: string;
  help: string;
  labelNames?: readonly L[];
  /** Announced in OpenMetrics; the name must end in it. Base units at the end of a name are found without it. */
  unit?: string;
  /** Leaves the registry's prefix out, for names that are fixed elsewhere such as `process_open_fds`. */
  unprefixed?: boolean;
  /** Limit of series of this metric. */
  maxSeries?: number;
};

export type GaugeOptions<L extends string> = MetricOptions<L> & {
  /** Its type is left open where it is exposed: for a name that is fixed elsewhere and reads like one of another type. */
  untyped?: boolean;
};

export type HistogramOptions<L extends string> = MetricOptions<L> & {
  /** Rising upper bounds; +Inf is added. Suited to durations in seconds when left out. */
  buckets?: readonly number[];
};

/** The metrics of one process or one service. Only registration throws (MetricError); updates never do. */
export type Registry = {
  /** @throws MetricError unless the name ends in `_total`, is valid and is free. */
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  /** @throws MetricError when a name is invalid or taken. */
  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L>;
  /** @throws MetricError when a name is invalid or taken, or the buckets do not rise. */
  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L>;
  /** Calls `callback` before each exposition; what it throws is counted in `fleetlight_sdk_collect_errors_total`. */
  collect(callback: () => void): void;
  /** Everything, in order of registration, as `text` (the default) or `openmetrics`. */
  expose(format?: ExpositionFormat): string;
  /** Which format and `Content-Type` a scraper's `Accept` header asks for. */
  contentType(accept?: string | null): { format: ExpositionFormat; contentType: string };
  /** Names that break a convention. */
  readonly warnings: readonly string[];
};

type Self = { dropped: Counter<"metric">; rejected: Counter<"metric">; errors: Counter };

class MetricRegistry implements Registry {
  readonly warnings: string[] = [];
  readonly #metrics: AnyMetric[] = [];
  readonly #names = new Set<string>();
  readonly #collectors: (() => void)[] = [];
  readonly #prefix: string;
  readonly #defaultLabelNames: string[];
  readonly #defaultLabels: string;
  readonly #maxSeries: number;
  readonly #onWarning: (warning: string) => void;
  readonly #self: Self;

  constructor(options: RegistryOptions) {
    this.#prefix = options.prefix ?? "";
    const labels = options.defaultLabels ?? {};
    this.#defaultLabelNames = Object.keys(labels);
    this.#defaultLabels = renderLabels(this.#defaultLabelNames, Object.values(labels));
    this.#maxSeries = options.maxSeriesPerMetric ?? DEFAULT_MAX_SERIES;
    this.#onWarning = options.onWarning ?? (() => {});
    this.#self = {
      dropped: this.counter({
        name: "fleetlight_sdk_series_dropped_total",
        help: "Updates of new label sets refused because the metric has reached its limit of series.",
        labelNames: ["metric"],
        unprefixed: true,
      }),
      rejected: this.counter({
        name: "fleetlight_sdk_updates_rejected_total",
        help: "Updates refused because of their value, e.g. a negative increment of a counter.",
        labelNames: ["metric"],
        unprefixed: true,
      }),
      errors: this.counter({
        name: "fleetlight_sdk_collect_errors_total",
        help: "Collector callbacks that threw.",
        unprefixed: true,
      }),
    };
  }

  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    return this.#add(new Counter(this.#describe("counter", options)));
  }

  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L> {
    return this.#add(new Gauge(this.#describe("gauge", options)));
  }

  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
    const description = this.#describe("histogram", options);
    const buckets = options.buckets ?? DEFAULT_BUCKETS;
    const finite = buckets.at(-1) === Infinity ? buckets.slice(0, -1) : buckets;
    const rising = finite.every(
      (value, at) => Number.isFinite(value) && (at === 0 || value > (finite[at - 1] as number)),
    );
    if (!rising || finite.length === 0) {
      throw new MetricError(
        "invalid_buckets",
        `${description.name}: buckets must be finite and rise`,
      );
    }
    return this.#add(new Histogram(description, Float64Array.from(finite)));
  }

  collect(callback: () => void): void {
    this.#collectors.push(callback);
  }

  expose(format: ExpositionFormat = "text"): string {
    for (const collector of this.#collectors) {
      try {
        collector();
      } catch {
        this.#self.errors.inc();
      }
    }
    for (const metric of this.#metrics) {
      const failed = metric.runCollectors();
      if (failed > 0) this.#self.errors.inc(failed);
      if (metric.stats.dropped > 0) {
        this.#self.dropped.with({ metric: metric.name }).setTotal(metric.stats.dropped);
      }
      if (metric.stats.rejected > 0) {
        this.#self.rejected.with({ metric: metric.name }).setTotal(metric.stats.rejected);
      }
    }
    let text = "";
    for (const metric of this.#metrics) text += exposeMetric(metric, format);
    return format === "openmetrics" ? `${text}# EOF\n` : text;
  }

  contentType(accept?: string | null): { format: ExpositionFormat; contentType: string } {
    return contentType(accept);
  }

  #describe<L extends string>(kind: MetricKind, options: GaugeOptions<L>): FamilyDescription<L> {
    const name = options.unprefixed === true ? options.name : this.#prefix + options.name;
    const labelNames = [...(options.labelNames ?? [])];
    checkMetricName(kind, name);
    checkLabelNames(kind, name, [...this.#defaultLabelNames, ...labelNames]);
    const unit = unitOf(kind, name, options.unit);
    const taken = [name, familyName(kind, name)];
    if (kind === "histogram") taken.push(`${name}_bucket`, `${name}_sum`, `${name}_count`);
    for (const one of new Set(taken)) {
      if (this.#names.has(one)) {
        throw new MetricError("duplicate", `${name}: the name ${one} is already taken`);
      }
    }
    for (const one of taken) this.#names.add(one);
    const untyped = options.untyped ?? false;
    for (const warning of adviseOnName(untyped ? null : kind, name, options.help)) {
      this.warnings.push(warning);
      this.#onWarning(warning);
    }
    const maxSeries = options.maxSeries ?? this.#maxSeries;
    const { help } = options;
    const defaultLabels = this.#defaultLabels;
    return { kind, name, help, unit, untyped, labelNames, maxSeries, defaultLabels };
  }

  #add<M>(metric: M): M {
    this.#metrics.push(metric as AnyMetric);
    return metric;
  }
}

/** An empty registry. It holds nothing but numbers: no timer, no file, no socket. */
export function createRegistry(options: RegistryOptions = {}): Registry {
  return new MetricRegistry(options);
}
