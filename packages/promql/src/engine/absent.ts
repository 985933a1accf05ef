import { Labels, METRIC_NAME } from "../labels.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Vector } from "./vector.ts";

/** The labels of what is absent: those that the selector names with one `=` each. */
export function absentLabels(expr: Expr): Labels {
  const selector = expr.kind === "matrix" ? expr.selector : expr;
  if (selector.kind !== "vector") return Labels.empty;
  const found = new Map<string, string>();
  const unsure = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (op === "=" && !found.has(name) && !unsure.has(name)) found.set(name, value);
    else unsure.add(name);
  }
  for (const name of unsure) found.delete(name);
  return Labels.from(found);
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
