import { rangeFunctions, specialFunctions, vectorFunctions } from "../functions/index.ts";
import type { RangeFunction } from "../functions/types.ts";
import { Labels } from "../labels.ts";
import type { CallExpr, Expr, MatrixSelector, SubqueryExpr } from "../syntax/ast.ts";
import { absentLabels, invertPresence } from "./absent.ts";
import type { EvalContext, Evaluate } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import { fetchSeries, selectRequest } from "./fetch.ts";
import { selectInstant, type Take } from "./instant.ts";
import { bucketColumns } from "./rollup-windows.ts";
import type { Sink } from "./sink.ts";
import { evaluateSubquery, rowSeries, subqueryContext } from "./subquery.ts";
import { Vector, type Value } from "./vector.ts";
import { WindowRunner, type Extension } from "./window.ts";

/** Functions that look at a selector's samples and not only at their values. */
const takes: Readonly<Record<string, Take>> = { timestamp: "time", start_timestamp: "start" };

const anchoredSafe = ["changes", "delta", "increase", "rate", "resets"];
const smoothedSafe = ["delta", "increase", "rate"];

/** Evaluates a call. @throws EvaluationError */
export async function call(expr: CallExpr, ctx: EvalContext, evaluate: Evaluate): Promise<Value> {
  const special = specialFunctions.get(expr.name);
  if (special) return special(expr, ctx, evaluate);
  const { args } = expr;
  const take = Object.hasOwn(takes, expr.name) ? takes[expr.name] : undefined;
  if (take && args[0]?.kind === "vector") return selectInstant(args[0], ctx, take);
  for (const [at, arg] of args.entries()) {
    if (arg.kind === "matrix" || arg.kind === "subquery") {
      return overRange({ expr, args, at, range: arg }, ctx, evaluate);
    }
  }
  const fn = vectorFunctions.get(expr.name);
  if (!fn) throw missing(expr);
  const values: Value[] = [];
  for (const arg of args) values.push(await evaluate(arg, ctx));
  return fn({ expr, args: values, ctx });
}

/** Whether {@link streamCall} can be used: a function of a selector's ranges whose rows do not depend on one another. */
export function canStreamCall(expr: CallExpr): boolean {
  const ranges = expr.args.some(({ kind }) => kind === "matrix");
  return ranges && rangeFunctions.has(expr.name) && !specialFunctions.has(expr.name);
}

/** Evaluates a call whose rows go into a sink. @throws EvaluationError */
export async function streamCall(
  expr: CallExpr,
  ctx: EvalContext,
  evaluate: Evaluate,
  sink: Sink,
): Promise<void> {
  const { args } = expr;
  const at = args.findIndex(({ kind }) => kind === "matrix");
  const range = args[at];
  if (range?.kind !== "matrix") throw missing(expr);
  await overRange({ expr, args, at, range }, ctx, evaluate, sink);
}

function missing(expr: CallExpr): EvaluationError {
  return new EvaluationError("internal", `function ${expr.name} cannot be evaluated`);
}

interface RangeArguments {
  expr: CallExpr;
  args: readonly Expr[];
  /** Which argument is the range. */
  at: number;
  range: MatrixSelector | SubqueryExpr;
}

async function overRange(
  { expr, args, at, range }: RangeArguments,
  ctx: EvalContext,
  evaluate: Evaluate,
  sink?: Sink,
): Promise<Vector> {
  const fn = expr.name === "absent_over_time" ? anySample : rangeFunctions.get(expr.name);
  if (!fn) throw missing(expr);
  const extension = extensionOf(expr.name, range, ctx);
  const scalars: (Float64Array | undefined)[] = [];
  for (const [index, arg] of args.entries()) {
    const value = index === at ? undefined : await evaluate(arg, ctx);
    scalars.push(value?.kind === "scalar" ? value.values : undefined);
  }
  const out = new Vector(ctx.steps);
  const resolved = ctx.plan.of(range);
  const rangeCall = { expr: placed(expr, at, range), ctx, scalars };
  const runner = new WindowRunner(fn, rangeCall, resolved, extension, out, Labels.empty);
  if (range.kind === "matrix") {
    const rows = sink && (() => sink.takeFull(out));
    await overSelector(range, runner, extension, ctx, rows);
    sink?.takeRest(out);
  } else await overSubquery(range, runner, ctx, evaluate);
  // The series of a selector are distinct, and so are the rows of a subquery unless a function made them equal.
  out.distinct = range.kind === "matrix";
  if (expr.name !== "absent_over_time") return out;
  return invertPresence(out, absentLabels(range), new Vector(ctx.steps));
}

/** Upstream loses the place of a subquery: remarks on it point to the begin of the text. */
function placed(expr: CallExpr, at: number, range: Expr): CallExpr {
  if (range.kind !== "subquery") return expr;
  return { ...expr, args: expr.args.with(at, { ...range, start: 0, end: 0 }) };
}

const anySample: RangeFunction = {
  run(window) {
    window.value = 1;
    return true;
  },
};

function extensionOf(
  name: string,
  range: MatrixSelector | SubqueryExpr,
  ctx: EvalContext,
): Extension | undefined {
  const extended = range.kind === "matrix" ? range.selector.extended : undefined;
  if (!extended) return undefined;
  const safe = extended === "anchored" ? anchoredSafe : smoothedSafe;
  if (!safe.includes(name)) {
    const reason = `${extended} modifier can only be used with: ${safe.join(", ")} - not with ${name}`;
    throw new EvaluationError("execution", reason);
  }
  const afterMs = extended === "smoothed" ? ctx.lookbackMs : 0;
  return { beforeMs: ctx.lookbackMs, afterMs };
}

async function overSelector(
  range: MatrixSelector,
  runner: WindowRunner,
  extension: Extension | undefined,
  ctx: EvalContext,
  afterSeries?: () => void,
): Promise<void> {
  const resolved = ctx.plan.of(range);
  const beforeMs = resolved.rangeMs + (extension?.beforeMs ?? 0);
  const afterMs = extension?.afterMs ?? 0;
  const request = selectRequest(ctx, range.selector.matchers, resolved, { beforeMs, afterMs });
  request.hints.takesBuckets = !extension && bucketColumns.has(resolved.function ?? "");
  request.inform = (reason) => ctx.annotations.info(reason, range);
  ctx.trace?.enter(range, false, ctx.budget.totalSamples);
  const { budget } = ctx;
  const readBefore = budget.totalSamples;
  let count = 0;
  for await (const batch of fetchSeries(ctx, request, resolved.detectsHints)) {
    count += batch.length;
    for (const series of batch) {
      runner.begin(series, false);
      // A promise for each of many thousand series would cost as much as a short series itself.
      if (!runner.advance()) await resume(runner, ctx);
      if (runner.finish()) budget.hold(ctx.steps);
      if (budget.due) await budget.pause();
      afterSeries?.();
    }
  }
  const { totalSamples } = ctx.budget;
  ctx.trace?.leave({ series: count, samples: totalSamples - readBefore }, totalSamples);
}

async function overSubquery(
  range: SubqueryExpr,
  runner: WindowRunner,
  ctx: EvalContext,
  evaluate: Evaluate,
): Promise<void> {
  const inner = subqueryContext(range, ctx);
  ctx.trace?.enter(range, false, ctx.budget.totalSamples);
  const vector = await evaluateSubquery(range, inner, evaluate);
  ctx.trace?.leave(
    { series: vector.rows, samples: vector.rows * vector.steps },
    ctx.budget.totalSamples,
  );
  for (let row = 0; row < vector.rows; row++) {
    // Upstream forgets here that the name is dropped only later; what its tests expect is that it is remembered.
    runner.begin(rowSeries(vector, row, inner), vector.dropName[row] === 1);
    if (!runner.advance()) await resume(runner, ctx);
    if (runner.finish()) ctx.budget.hold(ctx.steps);
    if (ctx.budget.due) await ctx.budget.pause();
  }
}

/** Goes on with a long series until its end. */
async function resume(runner: WindowRunner, { budget }: EvalContext): Promise<void> {
  do if (budget.due) await budget.pause();
  while (!runner.advance());
}
