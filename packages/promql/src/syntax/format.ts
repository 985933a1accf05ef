import type {
  AggregateExpr,
  AtModifier,
  BinaryExpr,
  Duration,
  Expr,
  VectorMatching,
  VectorSelector,
} from "./ast.ts";
import { formatDuration, formatNumber } from "./literals.ts";
import { METRIC_NAME } from "./selectors.ts";
import { quote } from "./strings.ts";

/** Writes an expression on one line in Prometheus' canonical form: parsing it again gives the same expression. */
export function formatPromQL(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return expr.duration ? formatDuration(expr.value) : formatNumber(expr.value);
    case "string":
      return quote(expr.value);
    case "vector":
      return formatSelector(expr) + formatSuffix(expr);
    case "matrix": {
      const range = formatDurationExpr(expr.range);
      return `${formatSelector(expr.selector)}[${range}]${formatSuffix(expr.selector)}`;
    }
    case "subquery": {
      const step = expr.step ? formatDurationExpr(expr.step) : "";
      return `${formatPromQL(expr.expr)}[${formatDurationExpr(expr.range)}:${step}]${formatSuffix(expr)}`;
    }
    case "unary":
      return expr.op + formatPromQL(expr.expr);
    case "paren":
      return `(${formatPromQL(expr.expr)})`;
    case "call":
      return `${expr.name}(${expr.args.map(formatPromQL).join(", ")})`;
    case "aggregate":
      return formatAggregate(expr);
    case "binary":
      return formatBinary(expr);
  }
}

function formatAggregate(expr: AggregateExpr): string {
  const clause = expr.without
    ? ` without (${formatLabels(expr.grouping)}) `
    : expr.grouping.length > 0
      ? ` by (${formatLabels(expr.grouping)}) `
      : "";
  const param = expr.param ? `${formatPromQL(expr.param)}, ` : "";
  return `${expr.op}${clause}(${param}${formatPromQL(expr.expr)})`;
}

function formatBinary(expr: BinaryExpr): string {
  const bool = expr.bool ? " bool" : "";
  const matching = expr.matching ? formatMatching(expr.matching) : "";
  return `${formatPromQL(expr.left)} ${expr.op}${bool}${matching} ${formatPromQL(expr.right)}`;
}

function formatMatching(matching: VectorMatching): string {
  const { cardinality, on, labels, include, fillLeft, fillRight } = matching;
  const grouped = cardinality === "many-to-one" || cardinality === "one-to-many";
  let text = "";
  if (labels.length > 0 || on || grouped) {
    text += ` ${on ? "on" : "ignoring"} (${formatLabels(labels)})`;
  }
  if (grouped) {
    const side = cardinality === "many-to-one" ? "left" : "right";
    text += ` group_${side} (${formatLabels(include)})`;
  }
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) {
    return `${text} fill (${formatNumber(fillLeft)})`;
  }
  if (fillLeft !== undefined) text += ` fill_left (${formatNumber(fillLeft)})`;
  if (fillRight !== undefined) text += ` fill_right (${formatNumber(fillRight)})`;
  return text;
}

const legacyLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function formatLabel(label: string): string {
  return legacyLabel.test(label) ? label : quote(label);
}

function formatLabels(labels: readonly string[]): string {
  return labels
    .map((label) => (/^(inf|nan)$/i.test(label) ? quote(label) : formatLabel(label)))
    .join(", ");
}

function formatSelector(selector: VectorSelector): string {
  const { name, matchers } = selector;
  const shown = matchers
    .filter((one) => !(name !== undefined && one.name === METRIC_NAME && one.value === name))
    .map((one) => `${formatLabel(one.name)}${one.op}${quote(one.value)}`)
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const braces = shown.length > 0 || name === undefined ? `{${shown.join(",")}}` : "";
  return (name ?? "") + braces;
}

interface Modifiers {
  at: AtModifier | undefined;
  offset: Duration | undefined;
  extended?: VectorSelector["extended"];
}

function formatSuffix({ at, offset, extended }: Modifiers): string {
  let text = extended ? ` ${extended}` : "";
  if (at) text += at.kind === "time" ? ` @ ${formatSeconds(at.seconds)}` : ` @ ${at.kind}()`;
  if (!offset || (offset.kind === "literal" && offset.seconds === 0)) return text;
  return `${text} offset ${formatDurationExpr(offset)}`;
}

/** Timestamps have milliseconds; more digits would be lost in upstream's form as well. */
function formatSeconds(seconds: number): string {
  const [whole = "", part = ""] = formatNumber(Math.round(seconds * 1000) / 1000).split(".");
  return `${whole}.${part.padEnd(3, "0")}`;
}

/** A whole range, step or offset always has units; a number inside an expression keeps its form. */
function formatDurationExpr(duration: Duration): string {
  if (duration.kind === "literal") return formatDuration(duration.seconds);
  return formatDurationPart(duration);
}

function formatDurationPart(duration: Duration): string {
  switch (duration.kind) {
    case "literal":
      return duration.duration ? formatDuration(duration.seconds) : formatNumber(duration.seconds);
    case "step":
    case "range":
      return `${duration.kind}()`;
    case "negate":
      return `-${formatDurationPart(duration.expr)}`;
    case "paren":
      return `(${formatDurationPart(duration.expr)})`;
    default: {
      const left = formatDurationPart(duration.left);
      const right = formatDurationPart(duration.right);
      if (duration.kind === "min_of" || duration.kind === "max_of") {
        return `${duration.kind}(${left}, ${right})`;
      }
      return `${left} ${duration.kind} ${right}`;
    }
  }
}
