import {
  functions,
  type AtModifier,
  type Duration,
  type Expr,
  type LabelMatcher,
  type ValueType,
  type VectorSelector,
} from "@fleetlight/promql";

/** Constant lengths of time in milliseconds; 0 for one that only the evaluation knows, as upstream has it. */
const milliseconds = (duration: Duration | undefined): number =>
  duration?.kind === "literal" ? Math.round(duration.seconds * 1000) : 0;

const timestampOf = (at: AtModifier | undefined): number | null =>
  at?.kind === "time" ? Math.round(at.seconds * 1000) : null;

const startOrEnd = (at: AtModifier | undefined): string | null =>
  at === undefined || at.kind === "time" ? null : at.kind;

const matchersJson = (matchers: readonly LabelMatcher[]) =>
  matchers.map(({ name, op, value }) => ({ name, type: op, value }));

const selectorJson = ({ name, matchers, at, offset, extended }: VectorSelector) => ({
  name: name ?? "",
  offset: milliseconds(offset),
  matchers: matchersJson(matchers),
  timestamp: timestampOf(at),
  startOrEnd: startOrEnd(at),
  // Upstream knows these since 3.7; who reads older answers does not expect them.
  ...(extended === undefined
    ? {}
    : { anchored: extended === "anchored", smoothed: extended === "smoothed" }),
});

const argumentTypes = (types: readonly ValueType[]): ValueType[] => [...types];

function callJson({ name, args }: Extract<Expr, { kind: "call" }>): unknown {
  const signature = functions.get(name);
  const most = signature?.max ?? 0;
  const optional = most - (signature?.min ?? 0);
  return {
    type: "call",
    func: {
      name,
      argTypes: argumentTypes(signature?.args ?? []),
      variadic: most === Infinity ? -1 : optional,
      returnType: signature?.returns ?? "vector",
    },
    args: args.map(astJson),
  };
}

function binaryJson(expr: Extract<Expr, { kind: "binary" }>): unknown {
  const { matching } = expr;
  const fills =
    matching === undefined || (matching.fillLeft === undefined && matching.fillRight === undefined)
      ? {}
      : { fillValues: { lhs: matching.fillLeft ?? null, rhs: matching.fillRight ?? null } };
  return {
    type: "binaryExpr",
    op: expr.op,
    lhs: astJson(expr.left),
    rhs: astJson(expr.right),
    matching:
      matching === undefined
        ? null
        : {
            card: matching.cardinality,
            labels: matching.labels,
            on: matching.on,
            include: matching.include,
            ...fills,
          },
    bool: expr.bool,
  };
}

/** Go's `strconv.FormatFloat` with 'f': never an exponent. */
function plainNumber(value: number): string {
  if (Math.abs(value) === Infinity) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = "", first = "", rest = "", power = ""] = parts;
  const exponent = Number(power);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`;
  return `${sign}${first}${rest.padEnd(exponent, "0")}`;
}

/** An expression as `parse_query` of Prometheus' API shows it. */
export function astJson(expr: Expr): unknown {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: plainNumber(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value };
    case "paren":
      return { type: "parenExpr", expr: astJson(expr.expr) };
    case "unary":
      return { type: "unaryExpr", op: expr.op, expr: astJson(expr.expr) };
    case "vector":
      return { type: "vectorSelector", ...selectorJson(expr) };
    case "matrix":
      return {
        type: "matrixSelector",
        ...selectorJson(expr.selector),
        range: milliseconds(expr.range),
      };
    case "subquery":
      return {
        type: "subquery",
        expr: astJson(expr.expr),
        range: milliseconds(expr.range),
        offset: milliseconds(expr.offset),
        step: milliseconds(expr.step),
        timestamp: timestampOf(expr.at),
        startOrEnd: startOrEnd(expr.at),
      };
    case "call":
      return callJson(expr);
    case "aggregate":
      return {
        type: "aggregation",
        op: expr.op,
        expr: astJson(expr.expr),
        param: expr.param === undefined ? null : astJson(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case "binary":
      return binaryJson(expr);
  }
}
