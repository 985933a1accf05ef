/** The place of a node in the text: UTF-16 offsets, `end` exclusive. */
export interface Span {
  start: number;
  end: number;
}

/** What an expression evaluates to. `vector` is an instant vector, `matrix` a range vector. */
export type ValueType = "scalar" | "string" | "vector" | "matrix";

export interface NumberLiteral extends Span {
  kind: "number";
  value: number;
  /** Written with units (`1h30m`): `value` is then in seconds. */
  duration: boolean;
}

export interface StringLiteral extends Span {
  kind: "string";
  value: string;
}

export type MatchOp = "=" | "!=" | "=~" | "!~";

export interface LabelMatcher {
  name: string;
  op: MatchOp;
  value: string;
}

/** The instant an expression is pinned to: seconds since 1970, or a bound of the evaluated range. */
export type AtModifier = { kind: "time"; seconds: number } | { kind: "start" } | { kind: "end" };

export interface VectorSelector extends Span {
  kind: "vector";
  /** The metric name written outside the braces; it is also the last of `matchers`. */
  name: string | undefined;
  matchers: LabelMatcher[];
  at: AtModifier | undefined;
  offset: Duration | undefined;
  extended: "anchored" | "smoothed" | undefined;
}

/** The modifiers (`@`, offset, anchored, smoothed) of a range are on its selector. */
export interface MatrixSelector extends Span {
  kind: "matrix";
  selector: VectorSelector;
  range: Duration;
}

export interface SubqueryExpr extends Span {
  kind: "subquery";
  expr: Expr;
  range: Duration;
  /** Absent: the default step of the evaluation. */
  step: Duration | undefined;
  at: AtModifier | undefined;
  offset: Duration | undefined;
}

export interface UnaryExpr extends Span {
  kind: "unary";
  op: "+" | "-";
  expr: Expr;
}

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^" | "atan2" | "</" | ">/";
export type ComparisonOp = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type SetOp = "and" | "or" | "unless";
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

export interface VectorMatching {
  cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  /** True for `on (labels)`, false for `ignoring (labels)` and for no clause. */
  on: boolean;
  labels: string[];
  /** The labels of `group_left` or `group_right`. */
  include: string[];
  fillLeft: number | undefined;
  fillRight: number | undefined;
}

export interface BinaryExpr extends Span {
  kind: "binary";
  op: BinaryOp;
  left: Expr;
  right: Expr;
  bool: boolean;
  /** Only between two instant vectors. */
  matching: VectorMatching | undefined;
}

export type AggregateOp =
  | "avg"
  | "bottomk"
  | "count"
  | "count_values"
  | "group"
  | "limit_ratio"
  | "limitk"
  | "max"
  | "min"
  | "quantile"
  | "stddev"
  | "stdvar"
  | "sum"
  | "topk";

export interface AggregateExpr extends Span {
  kind: "aggregate";
  op: AggregateOp;
  expr: Expr;
  param: Expr | undefined;
  grouping: string[];
  without: boolean;
}

export interface CallExpr extends Span {
  kind: "call";
  name: string;
  args: Expr[];
}

export interface ParenExpr extends Span {
  kind: "paren";
  expr: Expr;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | SubqueryExpr
  | UnaryExpr
  | BinaryExpr
  | AggregateExpr
  | CallExpr
  | ParenExpr;

/** A length of time; every value in it is in seconds. Only literals are constant before evaluation. */
export type Duration =
  /** `duration`: written with units. */
  | ({ kind: "literal"; seconds: number; duration: boolean } & Span)
  | ({ kind: "step" | "range" } & Span)
  | ({ kind: "negate"; expr: Duration } & Span)
  | ({ kind: "paren"; expr: Duration } & Span)
  | ({ kind: "min_of" | "max_of"; left: Duration; right: Duration } & Span)
  | ({ kind: "+" | "-" | "*" | "/" | "%" | "^"; left: Duration; right: Duration } & Span);
