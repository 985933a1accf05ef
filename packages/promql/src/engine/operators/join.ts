import type { FloatHistogram } from "../../histogram/index.ts";
import { formatLabels } from "../../labels-text.ts";
import { compareBytes, Labels } from "../../labels.ts";
import type { BinaryExpr, VectorMatching } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { HISTOGRAM_WORK, Pacer } from "../pacer.ts";
import type { Vector } from "../vector.ts";
import { floatKernel, type FloatKernel } from "./arithmetic.ts";
import { computeRun } from "./columns.ts";
import { FirstFailure } from "./first-failure.ts";
import { operateHistograms } from "./histograms.ts";
import { FILLED, PHASE, Results, type JoinInput, type Outcome } from "./join-results.ts";
import { matchGroups, rowAt, rowCount, rowsOf } from "./match-groups.ts";
import { incompatibleTypes, StepRemarks } from "./remarks.ts";
import { groupLabels } from "./result-labels.ts";

/** Arithmetic and comparison of two vectors. */
export async function join(
  expr: BinaryExpr,
  matching: VectorMatching,
  left: Vector,
  right: Vector,
  ctx: EvalContext,
): Promise<Vector> {
  const swapped = matching.cardinality === "one-to-many";
  const [many, one] = swapped ? [right, left] : [left, right];
  const groups = await matchGroups(many, one, matching, ctx);
  const joined = new Join({ expr, matching, many, one, groups, swapped, ctx });
  await joined.run();
  return joined.out;
}

/** The steps at which a vector has anything. */
function stepsWithSamples({ rows, steps, present }: Vector): Uint8Array {
  const some = new Uint8Array(steps);
  for (let row = 0; row < rows; row++) {
    for (let step = 0; step < steps; step++) if (present[row * steps + step]) some[step] = 1;
  }
  return some;
}

/** One side of a pair. */
interface Operand {
  value: number;
  histogram: FloatHistogram | undefined;
}

function read(
  vector: Vector,
  row: number,
  step: number,
  fill: number | undefined,
  operand: Operand,
): void {
  const at = row * vector.steps + step;
  operand.value = row < 0 ? (fill ?? NaN) : (vector.values[at] ?? 0);
  operand.histogram = row < 0 ? undefined : vector.histograms?.[at];
}

/** A row of floats. */
interface Column {
  values: Float64Array;
  present: Uint8Array;
  from: number;
}

/** A sample comes out where both sides have one. */
function both(left: Column, right: Column, out: Vector, row: number): void {
  const { present, steps } = out;
  const to = row * steps;
  for (let step = 0; step < steps; step++) {
    present[to + step] =
      (left.present[left.from + step] ?? 0) & (right.present[right.from + step] ?? 0);
  }
}

function filter(
  apply: (left: number, right: number) => boolean,
  bool: boolean,
  left: Column,
  right: Column,
  out: Vector,
  row: number,
): void {
  const { values, present, steps } = out;
  const to = row * steps;
  for (let step = 0; step < steps; step++) {
    if (!left.present[left.from + step] || !right.present[right.from + step]) continue;
    const value = left.values[left.from + step] ?? 0;
    const keep = apply(value, right.values[right.from + step] ?? 0);
    if (!keep && !bool) continue;
    values[to + step] = bool ? Number(keep) : value;
    present[to + step] = 1;
  }
}

type PlainKernel = Exclude<FloatKernel, { kind: "none" }>;

class Join {
  readonly out: Vector;
  private readonly input: JoinInput;
  private readonly kernel: FloatKernel;
  private readonly results: Results;
  private readonly remarks = new StepRemarks();
  private readonly failure = new FirstFailure();
  /** The kernel, where rows can be joined without a look at their neighbours; else undefined. */
  private readonly plain: PlainKernel | undefined;
  /** The "one" row by step, of groups that have several. */
  private readonly owners = new Map<number, Int32Array>();
  /** Per group and step, whether a pair was computed; only where somebody asks. */
  private readonly matched: Uint8Array | undefined;
  /** Steps at which the "many" side has anything, made when needed. */
  private manySteps: Uint8Array | undefined;
  // Used for every pair, so that none allocates.
  private readonly mine: Operand = { value: 0, histogram: undefined };
  private readonly theirs: Operand = { value: 0, histogram: undefined };
  private readonly outcome: Outcome = { keep: true, value: 0, histogram: undefined };

  constructor(input: JoinInput) {
    this.input = input;
    const { expr, matching, many, one, groups } = input;
    this.kernel = floatKernel(expr.op);
    const crowded = matching.cardinality === "one-to-one" && groups.crowded;
    if (crowded || matching.fillLeft !== undefined) {
      this.matched = new Uint8Array(groups.count * many.steps);
    }
    this.results = new Results(input, this.failure);
    this.out = this.results.out;
    const filling = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    const simple = !filling && !crowded && !many.histograms && !one.histograms;
    if (simple && this.kernel.kind !== "none") this.plain = this.kernel;
  }

  async run(): Promise<void> {
    const { groups, ctx, matching, many, one, expr } = this.input;
    const { steps } = many;
    const pacer = new Pacer(ctx.budget);
    const work = many.histograms || one.histograms ? steps * HISTOGRAM_WORK : steps + 32;
    for (let group = 0; group < groups.count; group++) {
      if (rowCount(groups.oneRows, group) > 1) this.findOwners(group);
      if (pacer.due(steps)) await ctx.budget.pause();
    }
    for (let row = 0; row < many.rows; row++) {
      this.joinRow(row, groups.many[row] ?? 0);
      if (pacer.due(work)) await ctx.budget.pause();
    }
    if (matching.fillLeft !== undefined) {
      for (let group = 0; group < groups.count; group++) {
        this.fillMany(group);
        if (pacer.due(work)) await ctx.budget.pause();
      }
    }
    this.failure.check();
    this.remarks.tell(ctx.annotations, expr);
  }

  /** Settles which row of the "one" side counts at which step; there MUST NOT be two. */
  private findOwners(group: number): void {
    const { one, groups, matching } = this.input;
    const { steps } = one;
    const owners = new Int32Array(steps).fill(FILLED);
    this.owners.set(group, owners);
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    for (const row of rowsOf(groups.oneRows, group)) {
      for (let step = 0; step < steps; step++) {
        if (!one.present[row * steps + step]) continue;
        const owner = owners[step] ?? FILLED;
        if (owner === FILLED) owners[step] = row;
        // Upstream looks at a step only when there is something on both sides.
        else if (fills || this.manyAt(step)) {
          this.failure.report(step, PHASE.groups, row, () => this.duplicates(group, row, owner));
        }
      }
    }
  }

  private manyAt(step: number): boolean {
    this.manySteps ??= stepsWithSamples(this.input.many);
    return this.manySteps[step] === 1;
  }

  private duplicates(group: number, row: number, owner: number): string {
    const { one, matching, swapped, groups } = this.input;
    const labels = one.labels[row] ?? Labels.empty;
    const shown = formatLabels(groupLabels(labels, matching));
    const found = [labels, one.labels[owner] ?? Labels.empty].map(formatLabels);
    // Upstream names the later one first in 3.5 and orders the two by text in 3.14. Nothing but the text depends on it: where
    // both sides have several it is as in the one, else as in the other, so that what is recorded of either holds.
    const isMutual = groups.many.filter((other) => other === group).length > 1;
    const pair = isMutual ? found : found.toSorted(compareBytes);
    return (
      `found duplicate series for the match group ${shown} on the ${swapped ? "left" : "right"} hand-side ` +
      `of the operation: [${pair.join(", ")}];many-to-many matching not allowed: matching labels must be unique on one side`
    );
  }

  private joinRow(row: number, group: number): void {
    const { groups, many, matching } = this.input;
    const { steps } = many;
    const ones = rowCount(groups.oneRows, group);
    const filling = matching.fillRight !== undefined;
    if (ones === 0 && !filling) return;
    if (ones === 1 && this.plain) {
      const other = rowAt(groups.oneRows, group);
      const made = this.results.rowOf(row, other, group);
      if (this.results.fresh) {
        this.joinFloats(row, other, made, this.plain);
        return;
      }
      this.results.claimFor(made);
    }
    for (let step = 0; step < steps; step++) {
      if (!many.present[row * steps + step]) continue;
      const other = this.otherAt(group, step);
      if (other >= 0 || filling) this.pair(row, other, group, step);
    }
  }

  /** The row of the group on the "one" side that has a sample at the step, or {@link FILLED}. */
  private otherAt(group: number, step: number): number {
    const { groups, one } = this.input;
    const ones = rowCount(groups.oneRows, group);
    if (ones > 1) return this.owners.get(group)?.[step] ?? FILLED;
    if (ones === 0) return FILLED;
    const row = rowAt(groups.oneRows, group);
    return one.present[row * one.steps + step] ? row : FILLED;
  }

  /** One row of floats with one other that is alone in its group, into a row of results of their own: the case that counts. */
  private joinFloats(row: number, other: number, made: number, kernel: PlainKernel): void {
    const { many, one, swapped, expr } = this.input;
    const { steps } = many;
    const from = row * steps;
    const start = other * steps;
    const mine = { values: many.values, present: many.present, from };
    const theirs = { values: one.values, present: one.present, from: start };
    const left = swapped ? theirs : mine;
    const right = swapped ? mine : theirs;
    if (kernel.kind === "comparison") {
      filter(kernel.apply, expr.bool, left, right, this.out, made);
      return;
    }
    const run = { values: this.out.values, from: made * steps };
    computeRun(expr.op, kernel, left, right, run, steps);
    both(left, right, this.out, made);
  }

  /** A "many" row (or its fill value) with a "one" row (or its) at one step. */
  private pair(row: number, other: number, group: number, step: number): void {
    const { many, one, matching, swapped } = this.input;
    read(many, row, step, matching.fillLeft, this.mine);
    read(one, other, step, matching.fillRight, this.theirs);
    const computed = swapped
      ? this.operate(this.theirs, this.mine, step)
      : this.operate(this.mine, this.theirs, step);
    if (!computed || !this.claim(row, group, step)) return;
    this.results.put(row, other, group, step, this.outcome);
  }

  /** Fills the outcome; false when the operator has none for such operands. */
  private operate(left: Operand, right: Operand, step: number): boolean {
    const { kernel, outcome } = this;
    const { op } = this.input.expr;
    outcome.histogram = undefined;
    outcome.keep = true;
    if (left.histogram || right.histogram) {
      const { histogram, keep, remark } = operateHistograms(
        op,
        left.histogram,
        right.histogram,
        left.value,
        right.value,
      );
      if (remark) this.remarks.add(step, remark);
      outcome.histogram = histogram;
      outcome.keep = keep;
      return histogram !== undefined;
    }
    if (kernel.kind === "none") {
      this.remarks.add(step, incompatibleTypes("float", op, "float"));
      return false;
    }
    if (kernel.kind === "comparison") {
      outcome.keep = kernel.apply(left.value, right.value);
      outcome.value = left.value;
    } else {
      outcome.value = kernel.apply(left.value, right.value);
    }
    return true;
  }

  /** Notes that a row of the group was matched; false when the matching allows only one, and there was one. */
  private claim(row: number, group: number, step: number): boolean {
    const { matched } = this;
    if (!matched) return true;
    const { matching, many } = this.input;
    const at = group * many.steps + step;
    if (matched[at] && matching.cardinality === "one-to-one") {
      this.failure.report(
        step,
        PHASE.matches,
        row,
        () =>
          "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
      );
      return false;
    }
    matched[at] = 1;
    return true;
  }

  /** The "one" rows of a group that no other row was matched with meet the fill value. */
  private fillMany(group: number): void {
    const { steps } = this.input.many;
    for (let step = 0; step < steps; step++) {
      const other = this.otherAt(group, step);
      if (other >= 0 && !this.matched?.[group * steps + step])
        this.pair(FILLED, other, group, step);
    }
  }
}
