import { withDetectedHints } from "../histogram/index.ts";
import type { SelectRequest, StoredSeries } from "../storage.ts";
import type { LabelMatcher } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { Resolved } from "./plan.ts";

/**
 * The series of a selector, batch by batch, counted in the budget while they are held.
 *
 * @throws EvaluationError: the store's own error is wrapped with upstream's words.
 */
export async function* fetchSeries(
  ctx: EvalContext,
  request: SelectRequest,
  detectsHints: boolean,
): AsyncGenerator<readonly StoredSeries[]> {
  const { budget } = ctx;
  const iterator = open(ctx, request);
  let done = false;
  try {
    for (;;) {
      const next = await guarded(ctx, iterator);
      if (next.done) {
        done = true;
        return;
      }
      let samples = 0;
      for (const series of next.value) samples += series.times.length;
      budget.read(samples);
      budget.hold(samples);
      yield detectsHints ? next.value.map(withHints) : next.value;
      budget.release(samples);
    }
  } finally {
    // A store that hangs must not hold up the end of the query.
    if (!done) void iterator.return?.().catch(() => undefined);
  }
}

function withHints(series: StoredSeries): StoredSeries {
  const { histograms } = series;
  return histograms === undefined
    ? series
    : { ...series, histograms: withDetectedHints(histograms) };
}

function open(ctx: EvalContext, request: SelectRequest): AsyncIterator<readonly StoredSeries[]> {
  try {
    return ctx.storage.select(request, ctx.budget.signal)[Symbol.asyncIterator]();
  } catch (error) {
    throw wrapped(ctx, error);
  }
}

async function guarded(
  ctx: EvalContext,
  iterator: AsyncIterator<readonly StoredSeries[]>,
): Promise<IteratorResult<readonly StoredSeries[]>> {
  try {
    return await ctx.budget.wait(iterator.next());
  } catch (error) {
    throw wrapped(ctx, error);
  }
}

function wrapped(ctx: EvalContext, error: unknown): EvaluationError {
  if (error instanceof EvaluationError) return error;
  ctx.budget.check();
  const reason = error instanceof Error ? error.message : String(error);
  return new EvaluationError("execution", `expanding series: ${reason}`, { cause: error });
}

/** Bounds of what is read: beforeMs reaches back from the first reference time, afterMs beyond the last one. */
export interface Reach {
  beforeMs: number;
  afterMs: number;
}

/** Asks for all samples that some step of the evaluation may look at. */
export function selectRequest(
  ctx: EvalContext,
  matchers: readonly LabelMatcher[],
  resolved: Resolved,
  reach: Reach,
): SelectRequest {
  const first = (resolved.atMs ?? ctx.startMs) - resolved.offsetMs;
  const last = (resolved.atMs ?? ctx.startMs + (ctx.steps - 1) * ctx.stepMs) - resolved.offsetMs;
  return {
    matchers,
    startMs: first - reach.beforeMs,
    endMs: last + reach.afterMs,
    hints: {
      stepMs: ctx.steps > 1 ? ctx.stepMs : 0,
      rangeMs: resolved.rangeMs,
      function: resolved.function,
    },
  };
}
