import type {
  AtModifier,
  CallExpr,
  Duration,
  Expr,
  MatrixSelector,
  SubqueryExpr,
  VectorSelector,
} from "../syntax/ast.ts";
import { durationMs, positiveDurationMs, type QueryBounds } from "./duration.ts";

/** What a selector or a subquery asks for, in milliseconds. */
export interface Resolved {
  /** 0 for an instant selector. */
  rangeMs: number;
  /** Of a subquery; 0 for others. */
  stepMs: number;
  offsetMs: number;
  /** The instant it is pinned to by `@`; the offset counts from there. */
  atMs: number | undefined;
  /** The function or aggregation directly around it. */
  function: string | undefined;
  /** Only totals of histograms are wanted: upstream then works out their counter reset hints while it reads. */
  detectsHints: boolean;
}

type Selector = VectorSelector | MatrixSelector | SubqueryExpr;

/**
 * Functions whose result depends on the time of the step even where their argument does not (upstream:
 * AtModifierUnsafeFunctions).
 */
const dependOnStep = new Set([
  "days_in_month",
  "day_of_month",
  "day_of_week",
  "day_of_year",
  "hour",
  "minute",
  "month",
  "year",
  "predict_linear",
  "time",
  "timestamp",
]);

/** Whether what is around a selector, the nearest first, wants totals of histograms or their buckets. */
const wantsTotals = new Map([
  ["histogram_count", true],
  ["histogram_sum", true],
  ["histogram_avg", true],
  ["histogram_quantile", false],
  ["histogram_quantiles", false],
  ["histogram_fraction", false],
  ["</", false],
  [">/", false],
]);

/** Settles, once per query, lengths of time, `@` instants, and which nodes are evaluated once for all steps. */
export class Plan {
  readonly bounds: QueryBounds;
  private readonly subqueryStepMs: number;
  private readonly resolved = new Map<Expr, Resolved>();
  private readonly invariant = new Set<Expr>();
  private totalsWanted = false;

  /** @throws EvaluationError when a length of time has no sense. */
  constructor(expr: Expr, bounds: QueryBounds, subqueryStepMs: number) {
    this.bounds = bounds;
    this.subqueryStepMs = subqueryStepMs;
    this.visit(expr, undefined);
  }

  /** Of a selector that was made during the evaluation, too. */
  of(selector: Selector): Resolved {
    return this.resolved.get(selector) ?? this.resolve(selector, undefined);
  }

  /** Whether the value is the same at every step. */
  isInvariant(expr: Expr): boolean {
    return this.invariant.has(expr);
  }

  private visit(expr: Expr, around: string | undefined): boolean {
    const outside = this.totalsWanted;
    const kind = expr.kind === "call" ? expr.name : expr.kind === "binary" ? expr.op : "";
    this.totalsWanted = wantsTotals.get(kind) ?? outside;
    const invariant = this.visitKind(expr, around);
    this.totalsWanted = outside;
    // Literals are as fast to make for all steps, and ranges are read by their function.
    const counts =
      expr.kind === "vector" ||
      expr.kind === "aggregate" ||
      expr.kind === "binary" ||
      expr.kind === "call" ||
      expr.kind === "unary";
    if (invariant && counts) this.invariant.add(expr);
    return invariant;
  }

  private visitKind(expr: Expr, around: string | undefined): boolean {
    switch (expr.kind) {
      case "number":
      case "string":
        return true;
      case "vector":
      case "matrix":
        return this.resolve(expr, around).atMs !== undefined;
      case "subquery":
        this.visit(expr.expr, around);
        return this.resolve(expr, around).atMs !== undefined;
      case "paren":
      case "unary":
        return this.visit(expr.expr, around);
      case "aggregate": {
        const param = expr.param === undefined || this.visit(expr.param, expr.op);
        return this.visit(expr.expr, expr.op) && param;
      }
      case "binary": {
        const left = this.visit(expr.left, undefined);
        return this.visit(expr.right, undefined) && left;
      }
      case "call":
        return this.visitCall(expr);
    }
  }

  private visitCall(call: CallExpr): boolean {
    let invariant = !dependOnStep.has(call.name);
    for (const arg of call.args) invariant = this.visit(arg, call.name) && invariant;
    return invariant;
  }

  private resolve(expr: Selector, around: string | undefined): Resolved {
    const target = expr.kind === "matrix" ? expr.selector : expr;
    const step = expr.kind === "subquery" ? expr.step : undefined;
    const defaultStep = expr.kind === "subquery" ? this.subqueryStepMs : 0;
    const resolved = {
      rangeMs: expr.kind === "vector" ? 0 : positiveDurationMs(expr.range, this.bounds),
      stepMs: step ? positiveDurationMs(step, this.bounds) : defaultStep,
      offsetMs: this.offset(target.offset),
      atMs: this.at(target.at),
      function: around,
      detectsHints: this.totalsWanted,
    };
    this.resolved.set(expr, resolved);
    return resolved;
  }

  private offset(offset: Duration | undefined): number {
    return offset ? durationMs(offset, this.bounds) : 0;
  }

  private at(at: AtModifier | undefined): number | undefined {
    if (!at) return undefined;
    if (at.kind === "start") return this.bounds.startMs;
    if (at.kind === "end") return this.bounds.endMs;
    return Math.round(at.seconds * 1000);
  }
}
