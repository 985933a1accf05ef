import type { Unit } from "../../format/units.ts";
import { rateUnit, unitOf } from "../../format/units.ts";

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/g;
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\{[^}]*\}/g;
const PER_SECOND = /\b(?:rate|irate|deriv)\s*\(/;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
/** What comes out of these is a number of things, or no number of things. */
const COUNTING = /^\s*(?:count|count_values|absent|absent_over_time|changes|resets|group|sgn)\b/;
const RATIO = /\/|\bon\s*\(|\*|%|\^/;
const COMPARED = /[<>=!]=?\s*bool\b/;

/** The unit of what an expression gives, as far as its text tells; `none` when it does not. */
export const unitOfExpression = (expression: string): Unit => {
  const bare = expression
    .replace(QUOTED, " ")
    .replace(GROUPING, " ")
    .replace(/\[[^\]]*\]/g, " ");
  if (COUNTING.test(bare) || COMPARED.test(bare)) return "none";
  const names = [...bare.matchAll(NAME)]
    .filter(({ 0: name, index }) => !/^\s*\(/.test(bare.slice(index + name.length)))
    .map(([name]) => name);
  const units = new Set(
    names.filter((name) => name.includes("_")).map((name) => unitOfMetric(name, bare)),
  );
  const [unit = "none"] = units;
  if (units.size > 1) return "none";
  if (!RATIO.test(bare)) return unit;
  // A duration per event is a duration; a share of equal things has no unit.
  return /_sum\b/.test(bare) && /_count\b/.test(bare) ? unit : "none";
};

const unitOfMetric = (name: string, expression: string): Unit => {
  if (/\bhistogram_(?:quantile|avg|stddev)\s*\(/.test(expression)) {
    return unitOf(name.replace(/_bucket$/, ""));
  }
  if (name.endsWith("_count") && expression.includes("_sum")) return sumUnit(name, expression);
  const unit = /_(?:count|bucket)$/.test(name) ? "none" : unitOf(name);
  if (name.endsWith("_sum") && /_count\b/.test(expression)) return unit;
  return PER_SECOND.test(expression) ? rateUnit(unit) : unit;
};

/** A mean is written as `x_sum / x_count`; its count speaks of the same unit. */
const sumUnit = (name: string, expression: string): Unit => {
  const sum = name.replace(/_count$/, "_sum");
  return expression.includes(sum) ? unitOf(sum) : "none";
};
