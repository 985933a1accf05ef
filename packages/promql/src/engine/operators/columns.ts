import type { BinaryOp } from "../../syntax/ast.ts";
import type { FloatKernel } from "./arithmetic.ts";

/** A run of floats in a column: one row of a vector, or a scalar at all steps. */
export interface Run {
  values: Float64Array;
  from: number;
}

/**
 * Applies an arithmetic operator to two runs. What stands where there is no sample is computed, too: it means nothing. The
 * four common operators are written out, as a call of an unknown function puts every number on the heap.
 */
// oxlint-disable-next-line complexity -- five loops that differ in one sign read better than parts of them.
export function computeRun(
  op: BinaryOp,
  kernel: Extract<FloatKernel, { kind: "arithmetic" }>,
  left: Run,
  right: Run,
  out: Run,
  steps: number,
): void {
  const { values: a, from: atA } = left;
  const { values: b, from: atB } = right;
  const { values, from } = out;
  if (op === "+") {
    for (let i = 0; i < steps; i++) values[from + i] = (a[atA + i] ?? 0) + (b[atB + i] ?? 0);
  } else if (op === "-") {
    for (let i = 0; i < steps; i++) values[from + i] = (a[atA + i] ?? 0) - (b[atB + i] ?? 0);
  } else if (op === "*") {
    for (let i = 0; i < steps; i++) values[from + i] = (a[atA + i] ?? 0) * (b[atB + i] ?? 0);
  } else if (op === "/") {
    for (let i = 0; i < steps; i++) values[from + i] = (a[atA + i] ?? 0) / (b[atB + i] ?? 0);
  } else {
    for (let i = 0; i < steps; i++) {
      values[from + i] = kernel.apply(a[atA + i] ?? 0, b[atB + i] ?? 0);
    }
  }
}
