import { absentLabels } from "../engine/absent.ts";
import { Vector, type Scalar } from "../engine/vector.ts";
import { Labels } from "../labels.ts";
import { goMax, goMin } from "./go-math.ts";
import type { Call, VectorFunction } from "./types.ts";
import {
  dropHistograms,
  eachRow,
  scalarArgument,
  vectorArgument,
  withoutParens,
} from "./vectors.ts";

/** The only float of a step, NaN when there are more or none. */
async function scalar(call: Call): Promise<Scalar> {
  const vector = vectorArgument(call, 0);
  await dropHistograms(vector, call.ctx);
  const { steps, rows, present } = vector;
  const values = new Float64Array(steps).fill(NaN);
  const found = new Uint8Array(steps);
  await eachRow(rows, call.ctx, (row) => {
    for (let step = 0; step < steps; step++) {
      const at = row * steps + step;
      if (present[at] !== 1) continue;
      values[step] = found[step] === 0 ? (vector.values[at] ?? NaN) : NaN;
      found[step] = 1;
    }
  });
  return { kind: "scalar", values };
}

function vectorOf(call: Call): Vector {
  const vector = new Vector(call.ctx.steps, 1);
  vector.addRow(Labels.empty, false);
  vector.values.set(scalarArgument(call, 0));
  vector.present.fill(1);
  return vector;
}

async function absent(call: Call): Promise<Vector> {
  const vector = vectorArgument(call, 0);
  const { steps, rows, present } = vector;
  const result = new Vector(steps, 1);
  const selector = withoutParens(call.expr.args[0]);
  result.addRow(selector ? absentLabels(selector) : Labels.empty, false);
  result.values.fill(1);
  result.present.fill(1);
  await eachRow(rows, call.ctx, (row) => {
    for (let step = 0; step < steps; step++) {
      if (present[row * steps + step] === 1) result.present[step] = 0;
    }
  });
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
