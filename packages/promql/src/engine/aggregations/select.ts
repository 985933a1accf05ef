import { formatShortest } from "../../math/float-text.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { EvaluationError } from "../errors.ts";
import { rowsByGroup, rowsOf } from "../operators/match-groups.ts";
import { Pacer } from "../pacer.ts";
import { Vector } from "../vector.ts";
import { groupRows } from "./grouping.ts";
import { BestRows } from "./heap.ts";
import { ratioOffset } from "./labels-hash.ts";
import { infoHistogramIgnored, warnRatio } from "./remarks.ts";

/** Aggregations that pass some samples on as they are. */
export type SelectOp = "topk" | "bottomk" | "limitk" | "limit_ratio";

/** Bounds of what Go converts to an integer of 64 bits. */
const MOST = 9223372036854774784;
const LEAST = -9223372036854775808;

/** `topk`, `bottomk`, `limitk` and `limit_ratio`; `params` has a parameter for each step. */
export async function select(
  op: SelectOp,
  expr: AggregateExpr,
  input: Vector,
  params: Float64Array,
  ctx: EvalContext,
): Promise<Vector> {
  if (op === "limit_ratio") {
    if (!checkRatios(expr, params, ctx)) return new Vector(input.steps);
    return pick(input, await byRatio(input, params, ctx), ctx);
  }
  if (!checkCounts(params)) return new Vector(input.steps);
  const counts = Float64Array.from(params, (k) => Math.min(Math.trunc(k), input.rows));
  if (op === "limitk") return pick(input, await firstRows(expr, input, counts, ctx), ctx);
  const selection = new BestSelection(op, expr, input, counts, ctx);
  return selection.run();
}

/** False when no step asks for anything. @throws EvaluationError when a parameter is no count. */
function checkCounts(params: Float64Array): boolean {
  const most = Math.max(...extremes(params));
  const least = Math.min(...extremes(params));
  if (most < 1) return false;
  if (params.some(Number.isNaN)) fail("Parameter value is NaN");
  if (least <= LEAST) fail(`Scalar value ${formatShortest(least)} underflows int64`);
  if (most >= MOST) fail(`Scalar value ${formatShortest(most)} overflows int64`);
  return true;
}

function checkRatios(expr: AggregateExpr, params: Float64Array, ctx: EvalContext): boolean {
  const [least, most] = extremes(params);
  if (most === 0 && least === 0) return false;
  if (params.some(Number.isNaN)) fail("Ratio value is NaN");
  if (most > 1) warnRatio(expr, most, 1, ctx);
  if (least < -1) warnRatio(expr, least, -1, ctx);
  return true;
}

/** Least and most; both NaN when one is. */
function extremes(params: Float64Array): [least: number, most: number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of params) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

function fail(message: string): never {
  throw new EvaluationError("execution", message);
}

/** Marks the samples of the series whose place lies within the ratio of the step. */
async function byRatio(input: Vector, ratios: Float64Array, ctx: EvalContext): Promise<Uint8Array> {
  const { steps, present } = input;
  const chosen = new Uint8Array(input.rows * steps);
  const pacer = new Pacer(ctx.budget);
  for (let row = 0; row < input.rows; row++) {
    const labels = input.labels[row];
    const offset = labels ? ratioOffset(labels) : 0;
    for (let step = 0; step < steps; step++) {
      const ratio = Math.min(1, Math.max(-1, ratios[step] ?? 0));
      const within = ratio >= 0 ? offset < ratio : offset >= 1 + ratio;
      if (within && present[row * steps + step]) chosen[row * steps + step] = 1;
    }
    if (pacer.due(steps + 32)) await ctx.budget.pause();
  }
  return chosen;
}

/** Marks the first samples of each group, as many as the step asks for. */
async function firstRows(
  expr: AggregateExpr,
  input: Vector,
  counts: Float64Array,
  ctx: EvalContext,
): Promise<Uint8Array> {
  const { steps, present } = input;
  const groups = await groupRows(expr, input, ctx);
  const taken = new Uint32Array(groups.count * steps);
  const chosen = new Uint8Array(input.rows * steps);
  const pacer = new Pacer(ctx.budget);
  for (let row = 0; row < input.rows; row++) {
    const group = groups.of[row] ?? 0;
    for (let step = 0; step < steps; step++) {
      const place = group * steps + step;
      const before = taken[place] ?? 0;
      if (!present[row * steps + step] || before >= (counts[step] ?? 0)) continue;
      taken[place] = before + 1;
      chosen[row * steps + step] = 1;
    }
    if (pacer.due(steps)) await ctx.budget.pause();
  }
  return chosen;
}

/** Leaves the chosen samples, and the rows that have one. */
async function pick(input: Vector, chosen: Uint8Array, ctx: EvalContext): Promise<Vector> {
  const { steps } = input;
  const pacer = new Pacer(ctx.budget);
  let rows = 0;
  for (let row = 0; row < input.rows; row++) {
    const from = row * steps;
    const labels = input.labels[row];
    if (!labels || !chosen.subarray(from, from + steps).includes(1)) continue;
    // The rows that stay move up in their own columns.
    const to = rows++ * steps;
    input.labels[rows - 1] = labels;
    input.dropName[rows - 1] = input.dropName[row] ?? 0;
    input.present.set(chosen.subarray(from, from + steps), to);
    input.values.copyWithin(to, from, from + steps);
    for (let step = 0; input.histograms && step < steps; step++) {
      input.histograms[to + step] = input.histograms[from + step];
    }
    if (pacer.due(steps)) await ctx.budget.pause();
  }
  input.rows = rows;
  input.labels.length = rows;
  if (input.histograms) input.histograms.length = Math.min(input.histograms.length, rows * steps);
  return input;
}

/** `topk` and `bottomk`. */
class BestSelection {
  private readonly expr: AggregateExpr;
  private readonly input: Vector;
  private readonly counts: Float64Array;
  private readonly ctx: EvalContext;
  private readonly kind: "largest" | "smallest";
  private readonly most: number;
  private ignored = false;

  constructor(
    op: "topk" | "bottomk",
    expr: AggregateExpr,
    input: Vector,
    counts: Float64Array,
    ctx: EvalContext,
  ) {
    this.kind = op === "topk" ? "largest" : "smallest";
    this.expr = expr;
    this.input = input;
    this.counts = counts;
    this.ctx = ctx;
    this.most = extremes(counts)[1];
  }

  async run(): Promise<Vector> {
    const { input, ctx } = this;
    const { steps } = input;
    const groups = await groupRows(this.expr, input, ctx);
    const rows = rowsByGroup(groups.of, groups.count);
    const chosen = new Uint8Array(input.rows * steps);
    /** Rows in the order of the answer to an instant query. */
    const order: number[] = [];
    for (let group = 0; group < groups.count; group++) {
      const own = rowsOf(rows, group);
      const size = Math.min(this.most, own.length);
      ctx.budget.hold(size * steps);
      const heap = new BestRows(this.kind, size * steps);
      const sizes = await this.fill(heap, own, size);
      for (let step = 0; step < steps; step++) {
        heap.open(step * size, sizes[step] ?? 0);
        heap.forEach((row) => (chosen[row * steps + step] = 1));
        if (steps === 1) order.push(...heap.ordered());
      }
      ctx.budget.release(size * steps);
      if (ctx.budget.due) await ctx.budget.pause();
    }
    if (this.ignored) infoHistogramIgnored(this.expr, ctx, true);
    return steps === 1 ? inOrder(input, order) : pick(input, chosen, ctx);
  }

  private async fill(heap: BestRows, rows: Int32Array, size: number): Promise<Uint32Array> {
    const { input, ctx, counts } = this;
    const { steps, present, values, histograms } = input;
    const sizes = new Uint32Array(steps);
    const pacer = new Pacer(ctx.budget);
    for (const row of rows) {
      for (let step = 0; step < steps; step++) {
        const at = row * steps + step;
        const k = counts[step] ?? 0;
        if (!present[at] || k < 1) continue;
        if (histograms?.[at]) {
          this.ignored = true;
          continue;
        }
        heap.open(step * size, sizes[step] ?? 0);
        sizes[step] = heap.offer(row, values[at] ?? 0, k);
      }
      if (pacer.due(steps * 2)) await ctx.budget.pause();
    }
    return sizes;
  }
}

/** Some rows of a vector of one step, in this order. */
function inOrder(input: Vector, order: readonly number[]): Vector {
  const out = new Vector(1, order.length);
  for (const row of order) {
    const labels = input.labels[row];
    if (!labels) continue;
    const at = out.addRow(labels, input.dropName[row] === 1);
    out.values[at] = input.values[row] ?? 0;
    out.present[at] = 1;
  }
  return out;
}
