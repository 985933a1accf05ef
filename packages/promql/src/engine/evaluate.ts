import { typeOf } from "../syntax/check.ts";
import type { AggregateExpr, Expr } from "../syntax/ast.ts";
import { aggregate } from "./aggregate.ts";
import { canStream, StreamedReduce } from "./aggregations/stream.ts";
import { binary, unary } from "./binary.ts";
import { call, canStreamCall, streamCall } from "./call.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import { selectInstant } from "./instant.ts";
import { Sink } from "./sink.ts";
import { Vector, type Value } from "./vector.ts";

/**
 * Evaluates an expression at all steps. What does not depend on the step is evaluated at the first one, and repeated.
 *
 * @throws EvaluationError
 */
export async function evaluate(expr: Expr, ctx: EvalContext): Promise<Value> {
  const { budget, trace } = ctx;
  budget.check();
  if (budget.due) await budget.pause();
  if (ctx.steps === 0) return nothing(expr);
  const before = budget.heldSamples;
  const once = ctx.steps > 1 && ctx.plan.isInvariant(expr);
  trace?.enter(expr, once, budget.totalSamples);
  const value = once
    ? repeat(await dispatch(expr, { ...ctx, endMs: ctx.startMs, steps: 1 }), ctx)
    : await dispatch(expr, ctx);
  budget.settle(before, value.kind === "vector" ? value.rows * value.steps : ctx.steps);
  trace?.leave(outcome(value), budget.totalSamples);
  return value;
}

async function dispatch(expr: Expr, ctx: EvalContext): Promise<Value> {
  switch (expr.kind) {
    case "number":
      return { kind: "scalar", values: new Float64Array(ctx.steps).fill(expr.value) };
    case "string":
      return { kind: "string", value: expr.value };
    case "vector":
      return selectInstant(expr, ctx);
    case "paren":
      return evaluate(expr.expr, ctx);
    case "unary":
      return unary(expr, await evaluate(expr.expr, ctx), ctx);
    case "binary": {
      const left = await evaluate(expr.left, ctx);
      return binary(expr, left, await evaluate(expr.right, ctx), ctx);
    }
    case "aggregate": {
      const streamed = await streamAggregate(expr, ctx);
      if (streamed) return streamed;
      const param = expr.param && (await evaluate(expr.param, ctx));
      const input = await evaluate(expr.expr, ctx);
      if (input.kind === "vector") return aggregate(expr, input, param, ctx);
      break;
    }
    case "call":
      return call(expr, ctx, evaluate);
    case "matrix":
    case "subquery":
  }
  throw new EvaluationError("internal", `a ${expr.kind} has no value of its own`);
}

/** Takes in the rows of a selector or of a function over ranges as they come: they are never all in memory. */
async function streamAggregate(expr: AggregateExpr, ctx: EvalContext): Promise<Vector | undefined> {
  const inner = expr.expr;
  const selects = inner.kind === "vector" || (inner.kind === "call" && canStreamCall(inner));
  if (!selects || !canStream(expr, ctx) || ctx.plan.isInvariant(inner)) return undefined;
  const { budget, trace } = ctx;
  const result = new StreamedReduce(expr, ctx);
  const sink = new Sink(result, budget, trace !== undefined);
  trace?.enter(inner, false, budget.totalSamples);
  if (inner.kind === "vector") await selectInstant(inner, ctx, "sample", sink);
  else if (inner.kind === "call") await streamCall(inner, ctx, evaluate, sink);
  trace?.leave(sink, budget.totalSamples);
  return result.finish();
}

function nothing(expr: Expr): Value {
  const type = typeOf(expr);
  if (type === "scalar") return { kind: "scalar", values: new Float64Array(0) };
  return type === "string" ? { kind: "string", value: "" } : new Vector(0);
}

function repeat(value: Value, ctx: EvalContext): Value {
  const { steps, budget } = ctx;
  if (value.kind === "string") return value;
  if (value.kind === "scalar") {
    return { kind: "scalar", values: new Float64Array(steps).fill(value.values[0] ?? 0) };
  }
  budget.hold(value.rows * steps);
  const out = new Vector(steps, value.rows);
  out.distinct = value.distinct;
  for (let row = 0; row < value.rows; row++) {
    const labels = value.labels[row];
    if (!labels || !value.present[row]) continue;
    const to = out.addRow(labels, value.dropName[row] === 1) * steps;
    out.present.fill(1, to, to + steps);
    out.values.fill(value.values[row] ?? 0, to, to + steps);
    const histogram = value.histograms?.[row];
    for (let step = 0; histogram && step < steps; step++) out.setHistogram(to + step, histogram);
  }
  return out;
}

function outcome(value: Value): { series: number; samples: number } {
  if (value.kind === "string") return { series: 0, samples: 0 };
  if (value.kind === "scalar") return { series: 1, samples: value.values.length };
  let samples = 0;
  const end = value.rows * value.steps;
  for (let i = 0; i < end; i++) samples += value.present[i] ?? 0;
  return { series: value.rows, samples };
}
