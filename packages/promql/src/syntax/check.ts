import type { BinaryExpr, BinaryOp, CallExpr, Expr, ValueType, VectorSelector } from "./ast.ts";
import { functions } from "./functions.ts";
import { matchesEmpty } from "./matcher.ts";
import type { Source } from "./nodes.ts";
import { METRIC_NAME } from "./selectors.ts";

const comparisons = new Set<BinaryOp>(["==", "!=", "<", "<=", ">", ">="]);
const setOperators = new Set<BinaryOp>(["and", "or", "unless"]);
const typeNames: Record<ValueType, string> = {
  scalar: "scalar",
  string: "string",
  vector: "instant vector",
  matrix: "range vector",
};

/** What an expression evaluates to. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vector":
    case "aggregate":
      return "vector";
    case "matrix":
    case "subquery":
      return "matrix";
    case "unary":
    case "paren":
      return typeOf(expr.expr);
    case "call":
      return functions.get(expr.name)?.returns ?? "vector";
    case "binary":
      return isScalarOperation(expr) ? "scalar" : "vector";
  }
}

function isScalarOperation(expr: BinaryExpr): boolean {
  return typeOf(expr.left) === "scalar" && typeOf(expr.right) === "scalar";
}

/** Checks types and rules of the whole expression and settles the matching of its operations. */
export function check(source: Source, expr: Expr): ValueType {
  switch (expr.kind) {
    case "vector":
      checkSelector(source, expr, false);
      return "vector";
    case "matrix":
      checkSelector(source, expr.selector, false);
      return "matrix";
    case "subquery": {
      const type = check(source, expr.expr);
      if (type === "vector") return "matrix";
      return source.fail(expr, `subquery is only allowed on instant vector, got ${type} instead`);
    }
    case "paren":
      return check(source, expr.expr);
    case "unary": {
      const type = check(source, expr.expr);
      if (type === "scalar" || type === "vector") return type;
      const only = "unary expression only allowed on expressions of type scalar or instant vector";
      return source.fail(expr, `${only}, got "${typeNames[type]}"`);
    }
    case "aggregate":
      expect(source, expr.expr, "vector", "aggregation expression");
      if (expr.param) {
        const wanted = expr.op === "count_values" ? "string" : "scalar";
        expect(source, expr.param, wanted, "aggregation parameter");
      }
      return "vector";
    case "call":
      return checkCall(source, expr);
    case "binary":
      return checkBinary(source, expr);
    default:
      return typeOf(expr);
  }
}

function expect(source: Source, expr: Expr, wanted: ValueType, context: string): void {
  const type = check(source, expr);
  if (type === wanted) return;
  const got = typeNames[type];
  source.fail(expr, `expected type ${typeNames[wanted]} in ${context}, got ${got}`);
}

export function checkSelector(source: Source, selector: VectorSelector, mayBeEmpty: boolean): void {
  const { name, matchers } = selector;
  if (name !== undefined) {
    const second = matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME);
    if (!second) return;
    const both = `"${name}" or "${second.value}"`;
    source.fail(selector, `metric name must not be set twice: ${both}`);
  }
  if (mayBeEmpty || matchers.some((matcher) => !matchesEmpty(matcher))) return;
  source.fail(selector, "vector selector must contain at least one non-empty matcher");
}

function checkCall(source: Source, call: CallExpr): ValueType {
  const signature = functions.get(call.name);
  if (!signature) return source.fail(call, `unknown function with name "${call.name}"`);
  const { args, min, max, returns } = signature;
  const got = call.args.length;
  if (got < min || got > max) {
    const wanted = min === max ? min : got < min ? `at least ${min}` : `at most ${max}`;
    source.fail(call, `expected ${wanted} argument(s) in call to "${call.name}", got ${got}`);
  }
  call.args.forEach((arg, index) => {
    if (call.name === "info" && index === 1) return checkInfoSelector(source, arg);
    const wanted = args[Math.min(index, args.length - 1)] ?? "vector";
    return expect(source, arg, wanted, `call to function "${call.name}"`);
  });
  return returns;
}

/** The second argument of `info` is no query: only its matchers count, and they may all be empty. */
function checkInfoSelector(source: Source, arg: Expr): void {
  if (arg.kind !== "vector") return source.fail(arg, "expected label selectors only");
  if (arg.name !== undefined) {
    source.fail(arg, "expected label selectors only, got vector selector instead");
  }
  return checkSelector(source, arg, true);
}

function checkBinary(source: Source, expr: BinaryExpr): ValueType {
  const left = check(source, expr.left);
  const right = check(source, expr.right);
  const operator = source.trim({ start: expr.left.end, end: expr.right.start });
  if (expr.bool && !comparisons.has(expr.op)) {
    source.fail(operator, "bool modifier can only be used on comparison operators");
  }
  for (const [side, type] of [
    [expr.left, left],
    [expr.right, right],
  ] as const) {
    if (type === "scalar" || type === "vector") continue;
    const only = "binary expression must contain only scalar and instant vector types";
    source.fail(side, only);
  }
  const scalars = left === "scalar" && right === "scalar";
  if (scalars && comparisons.has(expr.op) && !expr.bool) {
    source.fail(operator, "comparisons between scalars must use BOOL modifier");
  }
  checkLabels(source, expr, operator);
  if (left === "vector" && right === "vector") checkSetOperator(source, expr);
  else dropMatching(source, expr);
  return scalars ? "scalar" : "vector";
}

function checkLabels(
  source: Source,
  expr: BinaryExpr,
  place: { start: number; end: number },
): void {
  const { matching } = expr;
  if (!matching?.on) return;
  const twice = matching.labels.find((label) => matching.include.includes(label));
  if (twice === undefined) return;
  source.fail(place, `label "${twice}" must not occur in ON and GROUP clause at once`);
}

function hasFill(expr: BinaryExpr): boolean {
  return expr.matching?.fillLeft !== undefined || expr.matching?.fillRight !== undefined;
}

function checkSetOperator(source: Source, expr: BinaryExpr): void {
  if (!setOperators.has(expr.op) || !expr.matching) return;
  if (expr.matching.cardinality !== "one-to-one") {
    source.fail(expr, `no grouping allowed for "${expr.op}" operation`);
  }
  if (hasFill(expr)) source.fail(expr, "filling in missing series not allowed for set operators");
  expr.matching.cardinality = "many-to-many";
}

function dropMatching(source: Source, expr: BinaryExpr): void {
  if ((expr.matching?.labels.length ?? 0) > 0) {
    source.fail(expr, "vector matching only allowed between instant vectors");
  }
  if (setOperators.has(expr.op)) {
    source.fail(expr, `set operator "${expr.op}" not allowed in binary scalar expression`);
  }
  if (hasFill(expr)) {
    source.fail(expr, "filling in missing series only allowed between instant vectors");
  }
  expr.matching = undefined;
}
