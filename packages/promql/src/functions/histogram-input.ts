import { Vector } from "../engine/vector.ts";
import type { EvalContext } from "../engine/context.ts";
import { LabelNumbers } from "../engine/operators/label-numbers.ts";
import type { FloatHistogram } from "../histogram/index.ts";
import { Labels } from "../labels.ts";
import type { Span } from "../syntax/ast.ts";
import type { Buckets } from "./bucket.ts";
import { parseGoFloat } from "./parse-float.ts";
import { warnBadBucketLabel, warnMixedClassicNative } from "./remarks.ts";
import { eachRow } from "./vectors.ts";

const BOUND = "le";

/** Rows of a vector that are the buckets of one classic histogram. */
interface Group {
  labels: Labels;
  /** By bound. */
  rows: { row: number; bound: number }[];
  /** 1 where a native histogram of the same labels stands: neither counts then. */
  conflicts: Uint8Array | undefined;
}

/** What to make of a histogram. `labels` are without the bound. */
export interface HistogramVisitor {
  classic(buckets: Buckets, step: number, labels: Labels): number;
  native(histogram: FloatHistogram, step: number, labels: Labels): number;
}

/** The histograms of a vector: native ones, and classic ones put together from their buckets. */
export class HistogramInput {
  private readonly vector: Vector;
  private readonly ctx: EvalContext;
  private readonly groups: Group[] = [];
  /** Numbers the groups. */
  private readonly numbers = new LabelNumbers(new Set([BOUND]));
  private readonly natives: number[] = [];
  private readonly nativeConflicts = new Map<number, Uint8Array>();

  private constructor(vector: Vector, ctx: EvalContext) {
    this.vector = vector;
    this.ctx = ctx;
  }

  /** Remarks on what is wrong with the vector point to `place`. */
  static async of(vector: Vector, ctx: EvalContext, place: Span): Promise<HistogramInput> {
    const input = new HistogramInput(vector, ctx);
    await eachRow(vector.rows, ctx, (row) => input.take(row, place));
    const { groups } = input;
    await eachRow(groups.length, ctx, (i) => groups[i]?.rows.sort((a, b) => a.bound - b.bound));
    await eachRow(input.natives.length, ctx, (i) => input.findConflicts(i, place));
    return input;
  }

  /** Adds to `out` a row for each histogram, under the labels that `rename` makes of its own. */
  async visit(
    out: RowsByLabels,
    visitor: HistogramVisitor,
    rename: (labels: Labels, step: number) => Labels,
  ): Promise<void> {
    const { steps, histograms, labels } = this.vector;
    await eachRow(this.natives.length, this.ctx, (i) => {
      const row = this.natives[i] ?? 0;
      const own = labels[row] ?? Labels.empty;
      const conflicts = this.nativeConflicts.get(row);
      for (let step = 0; step < steps; step++) {
        const histogram = histograms?.[row * steps + step];
        if (histogram === undefined || conflicts?.[step] === 1) continue;
        out.put(rename(own, step), step, visitor.native(histogram, step, own));
      }
    });
    await eachRow(this.groups.length, this.ctx, (i) => {
      const group = this.groups[i];
      if (group) this.visitGroup(group, out, visitor, rename);
    });
  }

  private visitGroup(
    group: Group,
    out: RowsByLabels,
    visitor: HistogramVisitor,
    rename: (labels: Labels, step: number) => Labels,
  ): void {
    const count = group.rows.length;
    const buckets = {
      bounds: new Float64Array(count),
      counts: new Float64Array(count),
      length: 0,
    };
    for (let step = 0; step < this.vector.steps; step++) {
      if (group.conflicts?.[step] === 1) continue;
      this.fill(buckets, group, step);
      if (buckets.length === 0) continue;
      const value = visitor.classic(buckets, step, group.labels);
      out.put(rename(group.labels, step), step, value);
    }
  }

  private fill(buckets: Buckets, group: Group, step: number): void {
    const { vector } = this;
    buckets.length = 0;
    for (const { row, bound } of group.rows) {
      const at = row * vector.steps + step;
      if (vector.present[at] !== 1 || vector.isHistogram(at)) continue;
      buckets.bounds[buckets.length] = bound;
      buckets.counts[buckets.length] = vector.values[at] as number;
      buckets.length++;
    }
  }

  private take(row: number, place: Span): void {
    const { vector, ctx } = this;
    const [start, end] = [row * vector.steps, (row + 1) * vector.steps];
    const any = vector.present.subarray(start, end).includes(1);
    let floats = vector.histograms === undefined && any;
    let histograms = false;
    for (let at = start; vector.histograms && at < end; at++) {
      if (vector.present[at] !== 1) continue;
      if (vector.isHistogram(at)) histograms = true;
      else floats = true;
    }
    if (histograms) this.natives.push(row);
    if (!floats) return;
    const labels = vector.labels[row] ?? Labels.empty;
    const bound = parseGoFloat(labels.get(BOUND) ?? "");
    if (bound === undefined) {
      warnBadBucketLabel(ctx.annotations, labels, place);
      return;
    }
    const number = this.numbers.number(labels);
    const group = this.groups[number];
    if (group) group.rows.push({ row, bound });
    else {
      const common = labels.without(BOUND);
      this.groups[number] = { labels: common, rows: [{ row, bound }], conflicts: undefined };
    }
  }

  /** Where a native histogram has the labels of a classic one, there is no telling which is meant. */
  private findConflicts(native: number, place: Span): void {
    const { vector, ctx } = this;
    const row = this.natives[native] ?? 0;
    const { steps } = vector;
    const labels = vector.labels[row] ?? Labels.empty;
    const group = labels.has(BOUND) ? undefined : this.groups[this.numbers.find(labels)];
    if (!group) return;
    for (let step = 0; step < steps; step++) {
      const classic = ({ row: other }: { row: number }) => {
        const at = other * steps + step;
        return vector.present[at] === 1 && !vector.isHistogram(at);
      };
      if (!vector.isHistogram(row * steps + step) || !group.rows.some(classic)) continue;
      warnMixedClassicNative(ctx.annotations, labels, place);
      group.conflicts ??= new Uint8Array(steps);
      group.conflicts[step] = 1;
      const own = this.nativeConflicts.get(row) ?? new Uint8Array(steps);
      own[step] = 1;
      this.nativeConflicts.set(row, own);
    }
  }
}

/**
 * Collects samples in one row for each label set; names are dropped at the end. A second sample at the same place makes a
 * row of its own, so that the duplicate is found there.
 */
export class RowsByLabels {
  readonly vector: Vector;
  private readonly numbers = new LabelNumbers();
  /** By number of the labels. */
  private readonly rows: number[][] = [];
  private lastLabels: Labels | undefined;
  private lastRows: number[] = [];

  constructor(steps: number) {
    this.vector = new Vector(steps);
  }

  put(labels: Labels, step: number, value: number): void {
    const { vector } = this;
    const rows = labels === this.lastLabels ? this.lastRows : this.rowsOf(labels);
    let row = rows.find((candidate) => vector.present[candidate * vector.steps + step] !== 1);
    if (row === undefined) {
      row = vector.addRow(labels, true);
      rows.push(row);
    }
    vector.values[row * vector.steps + step] = value;
    vector.present[row * vector.steps + step] = 1;
  }

  private rowsOf(labels: Labels): number[] {
    const rows = (this.rows[this.numbers.number(labels)] ??= []);
    this.lastLabels = labels;
    this.lastRows = rows;
    return rows;
  }
}
