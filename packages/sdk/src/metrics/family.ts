import type { MetricKind } from "./names.ts";

export type LabelValue = string | number | boolean;
export type LabelValues<L extends string> = Readonly<Record<L, LabelValue>>;

/** Longer label values are cut: one of them is kept in memory for every series. */
export const MAX_LABEL_VALUE_LENGTH = 1024;

/** What went wrong with one metric's updates; the registry exposes it. */
export type UpdateStats = {
  /** Look-ups of a new label set that were refused at the limit of series. */
  dropped: number;
  /** Updates that were refused because their value makes no sense, e.g. a negative increment. */
  rejected: number;
};

export type FamilyDescription<L extends string> = {
  kind: MetricKind;
  name: string;
  help: string;
  unit: string;
  /** Whether the exposition leaves the type open. */
  untyped: boolean;
  labelNames: readonly L[];
  maxSeries: number;
  /** Rendered `a="b",c="d"` that every series carries; may be empty. */
  defaultLabels: string;
};

/** One series: its labels are rendered once, when it appears. */
export type Series<C> = { labels: string; child: C };

export function escapeLabelValue(value: string): string {
  return /[\\\n"]/.test(value)
    ? value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"')
    : value;
}

/** Rendered `a="b",c="d"` without braces. */
export function renderLabels(names: readonly string[], values: readonly string[]): string {
  return names.map((name, at) => `${name}="${escapeLabelValue(values[at] ?? "")}"`).join(",");
}

// A lone surrogate has no UTF-8 form: left alone, two different label values would be written as one.
const canonical = (value: string): string =>
  value.slice(0, MAX_LABEL_VALUE_LENGTH).replace(/\p{Surrogate}/gu, "\uFFFD");

/** The series of one metric, by label values. Look-ups never throw; past the limit they answer a spare child that is not exposed. */
export class Family<L extends string, C> {
  readonly kind: MetricKind;
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  readonly untyped: boolean;
  readonly labelNames: readonly L[];
  readonly stats: UpdateStats = { dropped: 0, rejected: 0 };
  readonly #children = new Map<string, Series<C>>();
  readonly #collectors: (() => void)[] = [];
  readonly #createChild: (stats: UpdateStats) => C;
  readonly #maxSeries: number;
  readonly #defaultLabels: string;
  readonly #spare: C;
  /** The one child of a metric without labels; a spare one otherwise, so that updates without labels harm nobody. */
  protected readonly only: C;

  constructor(description: FamilyDescription<L>, createChild: (stats: UpdateStats) => C) {
    this.kind = description.kind;
    this.name = description.name;
    this.help = description.help;
    this.unit = description.unit;
    this.untyped = description.untyped;
    this.labelNames = description.labelNames;
    this.#maxSeries = description.maxSeries;
    this.#defaultLabels = description.defaultLabels;
    this.#createChild = createChild;
    this.#spare = createChild({ dropped: 0, rejected: 0 });
    this.only = this.labelNames.length === 0 ? this.#find([]) : this.#spare;
  }

  /** The series with these labels, to be kept and updated without another look-up. A missing label counts as empty. */
  with(labels: LabelValues<L>): C {
    if (this.labelNames.length === 0) return this.only;
    const values: string[] = [];
    // Callers without types may pass nothing at all.
    for (const name of this.labelNames) values.push(String(labels?.[name] ?? ""));
    return this.#find(values);
  }

  /** The series with these label values, in the order of `labelNames`. */
  labels(...values: LabelValue[]): C {
    if (this.labelNames.length === 0) return this.only;
    return this.#find(this.labelNames.map((_, at) => String(values[at] ?? "")));
  }

  /** Calls `callback` before each exposition, to bring the metric up to date; it must be quick. */
  collect(callback: (metric: this) => void): this {
    this.#collectors.push(() => callback(this));
    return this;
  }

  /** Forgets one series; updates through a child that was kept are no longer exposed. */
  remove(labels: LabelValues<L>): boolean {
    if (this.labelNames.length === 0) return false;
    const values = this.labelNames.map((name) => canonical(String(labels[name] ?? "")));
    return this.#children.delete(keyOf(values));
  }

  /** Forgets every series of a metric with labels. */
  clear(): void {
    if (this.labelNames.length > 0) this.#children.clear();
  }

  get size(): number {
    return this.#children.size;
  }

  series(): Iterable<Series<C>> {
    return this.#children.values();
  }

  /** Runs the callbacks; answers how many of them threw. */
  runCollectors(): number {
    let failed = 0;
    for (const collector of this.#collectors) {
      try {
        collector();
      } catch {
        failed++;
      }
    }
    return failed;
  }

  #find(values: string[]): C {
    const found = this.#children.get(keyOf(values));
    if (found !== undefined) return found.child;
    const clean = values.map(canonical);
    const key = keyOf(clean);
    const again = this.#children.get(key);
    if (again !== undefined) return again.child;
    if (this.#children.size >= this.#maxSeries) {
      this.stats.dropped++;
      return this.#spare;
    }
    const own = renderLabels(this.labelNames, clean);
    const labels = [this.#defaultLabels, own].filter((part) => part !== "").join(",");
    const child = this.#createChild(this.stats);
    this.#children.set(key, { labels, child });
    return child;
  }
}

// Lengths in the key keep ("a,b", "c") apart from ("a", "b,c") without escaping.
function keyOf(values: readonly string[]): string {
  if (values.length === 1) return values[0] ?? "";
  let key = "";
  for (const value of values) key += `${value.length}:${value}`;
  return key;
}
