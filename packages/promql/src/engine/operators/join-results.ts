import type { FloatHistogram } from "../../histogram/index.ts";
import { Labels } from "../../labels.ts";
import type { BinaryExpr, VectorMatching } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { Vector } from "../vector.ts";
import { changesMetric } from "./arithmetic.ts";
import type { FirstFailure } from "./first-failure.ts";
import { LabelNumbers } from "./label-numbers.ts";
import { rowCount, type MatchGroups } from "./match-groups.ts";
import { groupLabels, METADATA, ResultLabels } from "./result-labels.ts";
import { SAME_LABELSET } from "./set.ts";

export interface JoinInput {
  expr: BinaryExpr;
  matching: VectorMatching;
  /** The side that may have several rows in a group; in one-to-one matching the left one. */
  many: Vector;
  one: Vector;
  groups: MatchGroups;
  /** Whether the "many" side stands on the right. */
  swapped: boolean;
  ctx: EvalContext;
}

/** What a pair gave. */
export interface Outcome {
  /** False where a filter takes the sample away. */
  keep: boolean;
  value: number;
  histogram: FloatHistogram | undefined;
}

/** Phases of a step, in the order in which upstream finds errors. */
export const PHASE = { groups: 0, matches: 1, results: 2 };

/** Stands for a row where there is none, and a fill value takes its place. */
export const FILLED = -1;

interface Maker {
  row: number;
  other: number;
  group: number;
  /** Whether its samples are claimed. */
  claimed: boolean;
}

/** Rows of results and their labels. */
export class Results {
  readonly out: Vector;
  /** True when no two pairs can have the same labels. */
  readonly distinct: boolean;
  /** Whether the last answer of {@link rowOf} is a new row. */
  fresh = true;
  private readonly input: JoinInput;
  private readonly labels: ResultLabels;
  private readonly failure: FirstFailure;
  private readonly numbers = new LabelNumbers();
  /** Row of results by number of its labels. */
  private readonly rowByNumber: number[] = [];
  /** By row of results, the pair that made it. */
  private readonly makers: Maker[] = [];
  /** Rows of results of the pairs of one "many" row, by the "one" row. */
  private readonly pairs = new Map<number, number>();
  private pairsOf = NaN;
  /** Per row of results and step, the group + 1 that claimed it. */
  private claims = new Int32Array(0);

  constructor(input: JoinInput, failure: FirstFailure) {
    const { expr, matching, many, groups } = input;
    this.input = input;
    this.failure = failure;
    this.labels = new ResultLabels(expr.op, matching);
    this.distinct = isDistinct(input);
    let rows = 0;
    for (const group of groups.many) if (rowCount(groups.oneRows, group) > 0) rows++;
    input.ctx.budget.hold(rows * many.steps);
    this.out = new Vector(many.steps, rows);
  }

  /** The row of results of a pair. */
  rowOf(row: number, other: number, group: number): number {
    const { expr, many, one, matching, ctx } = this.input;
    const real = (row < 0 ? one.labels[other] : many.labels[row]) ?? Labels.empty;
    const mine = row < 0 ? groupLabels(real, matching) : real;
    const theirs = other < 0 ? groupLabels(real, matching) : (one.labels[other] ?? Labels.empty);
    const labels = this.labels.of(mine, theirs);
    const drop = expr.bool || (!changesMetric(expr.op) && row >= 0 && many.dropName[row] === 1);
    this.fresh = true;
    if (this.distinct) return this.out.addRow(labels, drop);
    const number = this.numbers.number(labels);
    const known = this.rowByNumber[number];
    // At a single step equal labels of different groups stay apart, and fail in the end if they are still equal then.
    if (known !== undefined && (many.steps > 1 || this.makers[known]?.group === group)) {
      this.fresh = false;
      return known;
    }
    if (this.out.rows === this.out.dropName.length) ctx.budget.hold(many.steps);
    const added = this.out.addRow(labels, drop);
    this.rowByNumber[number] = added;
    this.makers[added] = { row, other, group, claimed: false };
    return added;
  }

  /** Makes up for the claims of the pair that made a row, when it did not claim every sample itself. */
  claimFor(made: number): void {
    const maker = this.makers[made];
    if (!maker || maker.claimed || maker.row < 0 || maker.other < 0) return;
    maker.claimed = true;
    const { many, one } = this.input;
    const { steps } = many;
    for (let step = 0; step < steps; step++) {
      if (!many.present[maker.row * steps + step]) continue;
      if (one.present[maker.other * steps + step])
        this.claim(made * steps + step, maker.group, step, 0);
    }
  }

  /** Puts what a pair gave at a step. A filtered sample takes its place, too. */
  put(
    row: number,
    other: number,
    group: number,
    step: number,
    { keep, value, histogram }: Outcome,
  ): void {
    const { expr, matching } = this.input;
    const at = this.pairRow(row, other, group) * this.out.steps + step;
    if (matching.cardinality !== "one-to-one" && !this.claim(at, group, step, row)) return;
    if (!keep && !expr.bool) return;
    const { out } = this;
    if (out.present[at]) {
      this.failure.report(step, PHASE.results, row, () => SAME_LABELSET);
      return;
    }
    out.present[at] = 1;
    if (expr.bool) out.values[at] = keep ? 1 : 0;
    else if (histogram) out.setHistogram(at, histogram);
    else out.values[at] = value;
  }

  private pairRow(row: number, other: number, group: number): number {
    const owner = row < 0 ? FILLED - 1 - group : row;
    if (this.pairsOf !== owner) {
      this.pairs.clear();
      this.pairsOf = owner;
    }
    let known = this.pairs.get(other);
    if (known === undefined) {
      known = this.rowOf(row, other, group);
      this.pairs.set(other, known);
      const maker = this.makers[known];
      // From now on every sample of the row is claimed one by one.
      if (maker && this.fresh) maker.claimed = true;
    }
    return known;
  }

  private claim(at: number, group: number, step: number, row: number): boolean {
    if (at >= this.claims.length) {
      const grown = new Int32Array(this.out.values.length);
      grown.set(this.claims);
      this.claims = grown;
    }
    if (this.claims[at] === group + 1) {
      this.failure.report(
        step,
        PHASE.matches,
        row,
        () => "multiple matches for labels: grouping labels must ensure unique matches",
      );
      return false;
    }
    this.claims[at] = group + 1;
    return true;
  }
}

/** One-to-one without anything that could make the labels of two pairs equal, so that nobody has to compare them. */
function isDistinct({ expr, matching, many, groups }: JoinInput): boolean {
  if (matching.cardinality !== "one-to-one" || groups.crowded) return false;
  if (matching.fillLeft !== undefined || matching.fillRight !== undefined) return false;
  if (!changesMetric(expr.op)) return true;
  if (matching.on) return !matching.labels.some((name) => METADATA.includes(name));
  return !many.labels.some((labels) => labels.has("__type__") || labels.has("__unit__"));
}
