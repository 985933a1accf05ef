import { Labels, METRIC_NAME } from "../labels.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Vector } from "./vector.ts";

/**
 * The labels of what is absent: those that the selector names with `=`. A matcher after the first `=` takes the label away
 * again, one before it does not (upstream: createLabelsForAbsentFunction).
 */
export function absentLabels(expr: Expr): Labels {
  const selector = expr.kind === "matrix" ? expr.selector : expr;
  if (selector.kind !== "vector") return Labels.empty;
  const values = new Map<string, string>();
  const named = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    const first = op === "=" && !named.has(name);
    values.set(name, first ? value : "");
    if (first) named.add(name);
  }
  return Labels.from(values);
}

/** Turns the rows over: one row that is 1 where no row has a sample. */
export function invertPresence(vector: Vector, labels: Labels, out: Vector): Vector {
  const { rows, steps, present } = vector;
  const row = out.addRow(labels, true);
  let samples = 0;
  for (let step = 0; step < steps; step++) {
    let found = false;
    for (let other = 0; other < rows && !found; other++)
      found = present[other * steps + step] === 1;
    if (found) continue;
    out.values[row * steps + step] = 1;
    out.present[row * steps + step] = 1;
    samples++;
  }
  if (samples === 0) out.dropLastRow();
  return out;
}
