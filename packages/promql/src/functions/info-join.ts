import type { EvalContext } from "../engine/context.ts";
import { EvaluationError } from "../engine/errors.ts";
import { Vector } from "../engine/vector.ts";
import { Labels, METRIC_NAME } from "../labels.ts";
import { formatLabels } from "../labels-text.ts";
import type { LabelMatcher } from "../syntax/ast.ts";
import { matchesEmpty } from "../syntax/matcher.ts";
import { metricName } from "./text.ts";
import { eachRow } from "./vectors.ts";

/** By these labels an info series belongs to a series; upstream has no others either. */
export const identifying = ["instance", "job"] as const;

function signature(infoName: string, labels: Labels): string {
  const parts = [infoName];
  for (const name of identifying) parts.push(labels.get(name) ?? "");
  return parts.join("\ud800");
}

/** Joins series with the info series of the same identifying labels, step by step. */
export class InfoJoin {
  private readonly base: Vector;
  private readonly times: Vector;
  private readonly ignored: Uint8Array;
  private readonly data: readonly LabelMatcher[];
  private readonly wanted: ReadonlySet<string>;
  private readonly infoNames: readonly string[];
  private readonly out: Vector;
  private readonly rows = new Map<string, number>();
  /** For each signature of a series the row of the newest info series at every step, plus one; 0 for none. */
  private readonly newest = new Map<string, Int32Array>();

  /**
   * @param times the info series, with the times of their samples as values.
   * @param ignored 1 for rows of the base that are info series themselves; they stay as they are.
   * @param data which labels to add, all when empty; what does not match the empty text must be there.
   */
  constructor(base: Vector, times: Vector, ignored: Uint8Array, data: readonly LabelMatcher[]) {
    this.base = base;
    this.times = times;
    this.ignored = ignored;
    this.data = data;
    this.wanted = new Set(data.map(({ name }) => name));
    this.infoNames = [...new Set(times.labels.slice(0, times.rows).map(metricName))].toSorted();
    this.out = new Vector(base.steps);
  }

  async join(ctx: EvalContext): Promise<Vector> {
    const { base, times } = this;
    const none = new Int32Array(0);
    await eachRow(base.rows, ctx, (row) => {
      for (const key of this.signaturesOf(row)) this.newest.set(key, none);
    });
    await eachRow(times.rows, ctx, (row) => this.takeInfo(row));
    await eachRow(base.rows, ctx, (row) => this.takeBase(row));
    return this.out;
  }

  private signaturesOf(row: number): string[] {
    const labels = this.base.labels[row] ?? Labels.empty;
    if (this.ignored[row] === 1) return [];
    return this.infoNames.map((name) => signature(name, labels));
  }

  private takeInfo(row: number): void {
    const { times } = this;
    const { steps } = times;
    const labels = times.labels[row] ?? Labels.empty;
    const key = signature(metricName(labels), labels);
    let newest = this.newest.get(key);
    if (newest === undefined) return;
    if (newest.length === 0) this.newest.set(key, (newest = new Int32Array(steps)));
    for (let step = 0; step < steps; step++) {
      if (times.present[row * steps + step] !== 1) continue;
      const before = (newest[step] ?? 0) - 1;
      const time = times.values[row * steps + step] ?? 0;
      const timeBefore = before < 0 ? -Infinity : (times.values[before * steps + step] ?? 0);
      if (time === timeBefore) throw this.duplicate(before, row, time);
      if (time > timeBefore) newest[step] = row + 1;
    }
  }

  private duplicate(before: number, row: number, seconds: number): EvaluationError {
    const at = Math.round(seconds * 1000);
    const [one, other] = [before, row].map((r) =>
      formatLabels(this.times.labels[r] ?? Labels.empty),
    );
    const text = `found duplicate series for info metric: existing ${one} @ ${at}, new ${other} @ ${at}`;
    return new EvaluationError("execution", text);
  }

  private takeBase(row: number): void {
    const { base } = this;
    const { steps } = base;
    const columns = this.signaturesOf(row).map((key) => this.newest.get(key));
    const made = new Map<string, number>();
    const dropped = this.data.some((matcher) => !matchesEmpty(matcher));
    for (let step = 0; step < steps; step++) {
      const from = row * steps + step;
      if (base.present[from] !== 1) continue;
      const found: number[] = [];
      for (const column of columns) {
        const info = (column?.[step] ?? 0) - 1;
        if (info >= 0) found.push(info);
      }
      if (found.length === 0 && dropped && this.ignored[row] !== 1) continue;
      const key = found.join();
      const to = made.get(key) ?? this.rowFor(row, found);
      made.set(key, to);
      this.put(to, step, from);
    }
  }

  private rowFor(row: number, found: readonly number[]): number {
    const own = this.base.labels[row] ?? Labels.empty;
    const dropName = this.base.dropName[row] === 1;
    const labels = found.length === 0 ? own : this.enrich(own, found);
    const known = this.rows.get(labels.key);
    if (known !== undefined) return known;
    const added = this.out.addRow(labels, dropName);
    this.rows.set(labels.key, added);
    return added;
  }

  private put(to: number, step: number, from: number): void {
    const { base, out } = this;
    const at = to * out.steps + step;
    if (out.present[at] === 1) {
      const text = "vector cannot contain metrics with the same labelset";
      throw new EvaluationError("execution", text);
    }
    const histogram = base.histograms?.[from];
    if (histogram) out.setHistogram(at, histogram);
    out.values[at] = base.values[from] ?? 0;
    out.present[at] = 1;
  }

  /** Labels that the series has already stay; two info series MUST NOT differ in a label. */
  private enrich(own: Labels, found: readonly number[]): Labels {
    const added = new Map<string, string>();
    for (const info of found) {
      for (const [name, value] of (this.times.labels[info] ?? Labels.empty).entries()) {
        if (name === METRIC_NAME) continue;
        if (this.wanted.size > 0 && !this.wanted.has(name)) continue;
        const before = added.get(name);
        if (before !== undefined && before !== value) {
          throw new EvaluationError("execution", `conflicting label: ${name}`);
        }
        if (!own.has(name)) added.set(name, value);
      }
    }
    return added.size === 0 ? own : Labels.from([...own.entries(), ...added]);
  }
}
