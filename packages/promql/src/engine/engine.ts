import { Annotations } from "../annotations.ts";
import { Labels } from "../labels.ts";
import type { Storage } from "../storage.ts";
import type { Expr } from "../syntax/ast.ts";
import { typeOf } from "../syntax/check.ts";
import { parseShared } from "../syntax/parse-shared.ts";
import { Budget, TIMEOUT } from "./budget.ts";
import type { EvalContext } from "./context.ts";
import type { QueryBounds } from "./duration.ts";
import { EvaluationError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { unwrapArguments } from "./normalize.ts";
import { Plan } from "./plan.ts";
import { evaluateRange } from "./range.ts";
import { toMatrix, toSamples } from "./result.ts";
import { Trace } from "./trace.ts";
import type {
  EngineOptions,
  MatrixSeries,
  QueryOptions,
  QueryResult,
  ResultData,
} from "./types.ts";
import type { Value } from "./vector.ts";

const defaults: EngineOptions = {
  lookbackMs: 300_000,
  maxSamples: 50_000_000,
  timeoutMs: 120_000,
  subqueryStepMs: 60_000,
};

/** Evaluates PromQL over any {@link Storage}. It keeps nothing between queries. */
export class Engine {
  private readonly options: EngineOptions;

  constructor(options: Partial<EngineOptions> = {}) {
    this.options = { ...defaults, ...options };
  }

  /**
   * The value of an expression at one instant; a range vector gives a matrix.
   *
   * @throws PromQLError when the expression is not valid, EvaluationError when it cannot be evaluated.
   */
  instant(
    storage: Storage,
    text: string,
    timeMs: number,
    options: QueryOptions = {},
  ): Promise<QueryResult> {
    return this.run(storage, text, { startMs: timeMs, endMs: timeMs, stepMs: 0 }, options);
  }

  /**
   * The values of an expression from startMs to endMs, both included, every stepMs.
   *
   * @throws PromQLError when the expression is not valid, EvaluationError when it cannot be evaluated.
   */
  async range(
    storage: Storage,
    text: string,
    startMs: number,
    endMs: number,
    stepMs: number,
    options: QueryOptions = {},
  ): Promise<QueryResult> {
    if (!(stepMs > 0)) {
      const hint = "Try a positive integer";
      const reason = `zero or negative query resolution step widths are not accepted. ${hint}`;
      throw new EvaluationError("bad_data", reason);
    }
    return this.run(storage, text, { startMs, endMs, stepMs }, options);
  }

  private async run(
    storage: Storage,
    text: string,
    bounds: QueryBounds,
    options: QueryOptions,
  ): Promise<QueryResult> {
    const started = performance.now();
    checkBounds(bounds);
    const expr = parseShared(text);
    if (bounds.stepMs > 0) checkRangeType(expr);
    unwrapArguments(expr);
    const parsed = performance.now();
    const annotations = new Annotations(text);
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs;
    const ending = new Ending(options.signal, timeoutMs);
    const { maxSamples } = this.options;
    const budget = new Budget({ maxSamples, timeoutMs, signal: ending.signal });
    const trace = options.explain ? new Trace() : undefined;
    try {
      const ctx: EvalContext = {
        storage,
        startMs: bounds.startMs,
        endMs: bounds.endMs,
        stepMs: bounds.stepMs,
        steps: bounds.stepMs > 0 ? stepsOf(bounds) : 1,
        lookbackMs: options.lookbackMs ?? this.options.lookbackMs,
        plan: new Plan(expr, bounds, this.options.subqueryStepMs),
        annotations,
        budget,
        trace,
      };
      budget.checkSteps(ctx.steps);
      const data = await evaluateResult(expr, ctx);
      return {
        data,
        warnings: annotations.warnings,
        infos: annotations.infos,
        stats: {
          samplesRead: budget.totalSamples,
          peakSamples: budget.peakSamples,
          parseMs: parsed - started,
          evalMs: performance.now() - parsed,
        },
        plan: trace?.root,
      };
    } catch (error) {
      if (error instanceof EvaluationError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new EvaluationError("internal", `unexpected error: ${reason}`, { cause: error });
    } finally {
      ending.close();
    }
  }
}

/** The signal that ends a query: that of the caller, or the engine's own when the time is up. */
class Ending {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly from: AbortSignal | undefined;
  private readonly follow = () => this.controller.abort(this.from?.reason);

  constructor(from: AbortSignal | undefined, timeoutMs: number) {
    this.from = from;
    // Longer timers than 2^31 ms would fire at once.
    const ms = Math.min(timeoutMs, 2 ** 31 - 1);
    this.timer = setTimeout(() => this.controller.abort(TIMEOUT), ms);
    if (from?.aborted) this.follow();
    else from?.addEventListener("abort", this.follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Tells the store that nobody listens any more. */
  close(): void {
    clearTimeout(this.timer);
    this.from?.removeEventListener("abort", this.follow);
  }
}

function checkBounds({ startMs, endMs, stepMs }: QueryBounds): void {
  for (const ms of [startMs, endMs, stepMs]) {
    if (Number.isSafeInteger(ms)) continue;
    throw new EvaluationError("bad_data", `not a time in whole milliseconds: ${ms}`);
  }
}

const stepsOf = ({ startMs, endMs, stepMs }: QueryBounds): number =>
  endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1;

function checkRangeType(expr: Expr): void {
  const type = typeOf(expr);
  if (type !== "matrix" && type !== "string") return;
  const name = type === "matrix" ? "range vector" : type;
  throw new EvaluationError(
    "bad_data",
    `invalid expression type "${name}" for range query, must be Scalar or instant Vector`,
  );
}

async function evaluateResult(expr: Expr, ctx: EvalContext): Promise<ResultData> {
  if (typeOf(expr) === "matrix") return { kind: "matrix", series: await evaluateRange(expr, ctx) };
  const value = await evaluate(expr, ctx);
  const timeMs = ctx.startMs;
  if (ctx.plan.bounds.stepMs > 0) return { kind: "matrix", series: await matrixOf(value, ctx) };
  switch (value.kind) {
    case "scalar":
      return { kind: "scalar", timeMs, value: value.values[0] ?? 0 };
    case "string":
      return { kind: "string", timeMs, value: value.value };
    case "vector":
      return { kind: "vector", timeMs, samples: await toSamples(value, ctx.budget) };
  }
}

async function matrixOf(value: Value, ctx: EvalContext): Promise<MatrixSeries[]> {
  if (value.kind === "vector") return toMatrix(value, ctx.startMs, ctx.stepMs, ctx.budget);
  if (value.kind === "string" || ctx.steps === 0) return [];
  const times = Float64Array.from(value.values, (_, step) => ctx.startMs + step * ctx.stepMs);
  return [{ labels: Labels.empty, times, values: value.values, histograms: undefined }];
}
