import { Vector, type Scalar } from "../engine/vector.ts";
import { Labels, METRIC_NAME } from "../labels.ts";
import type { Expr } from "../syntax/ast.ts";
import { goMax, goMin } from "./go-math.ts";
import type { Call, VectorFunction } from "./types.ts";
import { dropHistograms, scalarArgument, vectorArgument, withoutParens } from "./vectors.ts";

/** The only float of a step, NaN when there are more or none. */
function scalar(call: Call): Scalar {
  const vector = vectorArgument(call, 0);
  dropHistograms(vector);
  const { steps, rows, present } = vector;
  const values = new Float64Array(steps).fill(NaN);
  const found = new Uint8Array(steps);
  for (let row = 0; row < rows; row++) {
    for (let step = 0; step < steps; step++) {
      const at = row * steps + step;
      if (present[at] !== 1) continue;
      values[step] = found[step] === 0 ? (vector.values[at] ?? NaN) : NaN;
      found[step] = 1;
    }
  }
  return { kind: "scalar", values };
}

function vectorOf(call: Call): Vector {
  const vector = new Vector(call.ctx.steps, 1);
  vector.addRow(Labels.empty, false);
  vector.values.set(scalarArgument(call, 0));
  vector.present.fill(1);
  return vector;
}

/** Labels that the selector sets to one value; a label that is matched twice is left out. */
export function absentLabels(expr: Expr | undefined): Labels {
  const selector = expr?.kind === "matrix" ? expr.selector : expr;
  if (selector?.kind !== "vector") return Labels.empty;
  const values = new Map<string, string>();
  const equalled = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    const only = op === "=" && !equalled.has(name);
    values.set(name, only ? value : "");
    if (only) equalled.add(name);
  }
  return Labels.from(values);
}

function absent(call: Call): Vector {
  const vector = vectorArgument(call, 0);
  const { steps, rows, present } = vector;
  const result = new Vector(steps, 1);
  result.addRow(absentLabels(withoutParens(call.expr.args[0])), false);
  result.values.fill(1);
  result.present.fill(1);
  for (let row = 0; row < rows; row++) {
    for (let step = 0; step < steps; step++) {
      if (present[row * steps + step] === 1) result.present[step] = 0;
    }
  }
  return result;
}

function ofTwo(choose: (a: number, b: number) => number): VectorFunction {
  return (call) => {
    const left = scalarArgument(call, 0);
    const right = scalarArgument(call, 1);
    return { kind: "scalar", values: left.map((value, step) => choose(value, right[step] ?? NaN)) };
  };
}

export const scalarFunctions: [string, VectorFunction][] = [
  ["scalar", scalar],
  ["vector", vectorOf],
  ["absent", absent],
  ["max_of", ofTwo(goMax)],
  ["min_of", ofTwo(goMin)],
];
