import type { EvalContext, Evaluate } from "../engine/context.ts";
import { EvaluationError } from "../engine/errors.ts";
import { Vector, type Value } from "../engine/vector.ts";
import { Labels, METRIC_NAME } from "../labels.ts";
import type {
  AtModifier,
  CallExpr,
  Duration,
  Expr,
  LabelMatcher,
  VectorSelector,
} from "../syntax/ast.ts";
import { compileMatcher } from "../syntax/matcher.ts";
import { identifying, InfoJoin } from "./info-join.ts";
import { metricName } from "./text.ts";
import { eachRow, withoutParens } from "./vectors.ts";

const TARGET_INFO = "target_info";

/** With more values than this an identifying label is not asked for, but compared afterwards. */
const MAX_VALUES = 200;

/** A selector of the second argument that is about names: which info metrics are meant. */
function nameMatchers(matchers: readonly LabelMatcher[]): LabelMatcher[] {
  const names = matchers.filter(({ name }) => name === METRIC_NAME);
  if (names.length === 0) return [{ name: METRIC_NAME, op: "=", value: TARGET_INFO }];
  if (names.some(({ op }) => op === "=" || op === "=~")) return names;
  // Names that are only excluded: info metrics are then those that are called so.
  return [{ name: METRIC_NAME, op: "=~", value: ".+_info" }, ...names];
}

/** When the info series are looked at, in relation to the steps: as the first selector of the expression does. */
interface Reference {
  atMs: number | undefined;
  offsetMs: number;
}

function referenceOf(expr: Expr, ctx: EvalContext, outer: Reference): Reference | undefined {
  switch (expr.kind) {
    case "number":
    case "string":
      return undefined;
    case "vector":
    case "matrix":
      return within(outer, ctx.plan.of(expr));
    case "subquery":
      return referenceOf(expr.expr, ctx, within(outer, ctx.plan.of(expr)));
    case "paren":
    case "unary":
    case "aggregate":
      return referenceOf(expr.expr, ctx, outer);
    case "binary":
      return referenceOf(expr.left, ctx, outer) ?? referenceOf(expr.right, ctx, outer);
    case "call":
      for (const arg of expr.args) {
        const found = referenceOf(arg, ctx, outer);
        if (found) return found;
      }
      return undefined;
  }
}

function within(outer: Reference, own: Reference): Reference {
  if (own.atMs !== undefined) return own;
  return { atMs: outer.atMs, offsetMs: outer.offsetMs + own.offsetMs };
}

function literal(ms: number, place: { start: number; end: number }): Duration {
  return {
    kind: "literal",
    seconds: ms / 1000,
    duration: true,
    start: place.start,
    end: place.end,
  };
}

/** The selector of the info series. */
function selectorOf(
  expr: CallExpr,
  matchers: LabelMatcher[],
  reference: Reference,
): VectorSelector {
  const { start, end } = expr;
  const { atMs, offsetMs } = reference;
  const at: AtModifier | undefined =
    atMs === undefined ? undefined : { kind: "time", seconds: atMs / 1000 };
  return {
    kind: "vector",
    name: undefined,
    matchers,
    at,
    offset: offsetMs === 0 ? undefined : literal(offsetMs, expr),
    extended: undefined,
    start,
    end,
  };
}

function collect(labels: Labels, values: readonly Set<string>[]): void {
  for (const [i, name] of identifying.entries()) {
    const value = labels.get(name);
    const found = values[i];
    // One more than can be asked for tells that there are too many.
    if (value !== undefined && found && found.size <= MAX_VALUES) found.add(value);
  }
}

/** Matchers for the values that identifying labels have; none when no series has any. */
function identifyingMatchers(values: readonly Set<string>[]): LabelMatcher[] {
  const matchers: LabelMatcher[] = [];
  for (const [i, name] of identifying.entries()) {
    const found = values[i];
    if (!found || found.size === 0) continue;
    const value = found.size > MAX_VALUES ? ".+" : [...found].map(quoteMeta).join("|");
    matchers.push({ name, op: "=~", value });
  }
  return matchers;
}

function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

/**
 * Adds to the series of the first argument the labels of the info series that belong to them: those with the same
 * `instance` and `job`. The second argument says which info metrics and which labels (upstream: promql/info.go).
 */
export async function info(expr: CallExpr, ctx: EvalContext, evaluate: Evaluate): Promise<Value> {
  const [first, second] = expr.args;
  if (!first) throw new EvaluationError("internal", "info() has no argument");
  const base = await evaluate(first, ctx);
  if (!(base instanceof Vector)) throw new EvaluationError("internal", "info() of no vector");
  const selector = withoutParens(second);
  const given = selector?.kind === "vector" ? selector.matchers : [];
  const names = nameMatchers(given);
  const data = given.filter(({ name }) => name !== METRIC_NAME);
  const named = names.map((matcher) => compileMatcher(matcher));
  const ignored = new Uint8Array(base.rows);
  const values = identifying.map(() => new Set<string>());
  await eachRow(base.rows, ctx, (row) => {
    const labels = base.labels[row] ?? Labels.empty;
    const name = metricName(labels);
    if (named.every((matches) => matches(name))) ignored[row] = 1;
    else collect(labels, values);
  });
  const asked = identifyingMatchers(values);
  const times =
    asked.length === 0
      ? new Vector(ctx.steps)
      : await infoTimes(expr, [...asked, ...data, ...names], ctx, evaluate);
  return new InfoJoin(base, times, ignored, data).join(ctx);
}

/** For every info series the time of its latest sample at each step, by which the newest of several is found. */
async function infoTimes(
  expr: CallExpr,
  matchers: LabelMatcher[],
  ctx: EvalContext,
  evaluate: Evaluate,
): Promise<Vector> {
  const { start, end } = expr;
  const [first] = expr.args;
  const none = { atMs: undefined, offsetMs: 0 };
  const reference = (first && referenceOf(first, ctx, none)) ?? none;
  const selector = selectorOf(expr, matchers, reference);
  const call: CallExpr = { kind: "call", name: "timestamp", args: [selector], start, end };
  const times = await evaluate(call, ctx);
  if (times instanceof Vector) return times;
  throw new EvaluationError("internal", "timestamp() gave no vector");
}
