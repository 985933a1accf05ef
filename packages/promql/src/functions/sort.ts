import type { EvalContext } from "../engine/context.ts";
import { sortPausing } from "../engine/sort.ts";
import { Vector } from "../engine/vector.ts";
import { Labels } from "../labels.ts";
import { naturalKey, naturallyBefore, type NaturalKey } from "./natural-order.ts";
import type { Call, VectorFunction } from "./types.ts";
import { dropHistograms, eachRow, textArgument, vectorArgument } from "./vectors.ts";

/** Puts the rows of a vector with one step in another order. */
async function reorder(
  vector: Vector,
  order: readonly number[],
  ctx: EvalContext,
): Promise<Vector> {
  const sorted = new Vector(1, order.length);
  await eachRow(order.length, ctx, (i) => {
    const from = order[i] ?? 0;
    const row = sorted.addRow(vector.labels[from] ?? Labels.empty, vector.dropName[from] === 1);
    sorted.values[row] = vector.values[from] ?? NaN;
    sorted.present[row] = 1;
    const histogram = vector.histograms?.[from];
    if (histogram) sorted.setHistogram(row, histogram);
  });
  return sorted;
}

/** Only an instant query has an order to keep; results of range queries are ordered by labels. */
async function inOneStep(
  call: Call,
  vector: Vector,
  compare: (a: number, b: number) => number,
): Promise<Vector> {
  const { startMs, endMs, annotations, budget } = call.ctx;
  if (startMs !== endMs) {
    const text = "sort is ineffective for range queries since results are always ordered by labels";
    annotations.warn(text, call.expr);
  }
  if (vector.steps !== 1) return vector;
  const rows: number[] = [];
  for (let row = 0; row < vector.rows; row++) if (vector.present[row] === 1) rows.push(row);
  return reorder(vector, await sortPausing(rows, compare, budget), call.ctx);
}

/** NaN comes last, whichever the direction. */
function byValue(sign: 1 | -1): VectorFunction {
  return async (call) => {
    const vector = vectorArgument(call, 0);
    await dropHistograms(vector, call.ctx);
    const { values } = vector;
    return inOneStep(call, vector, (a, b) => {
      const left = values[a] ?? 0;
      const right = values[b] ?? 0;
      if (Number.isNaN(left) || Number.isNaN(right)) {
        return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      }
      return left < right ? -sign : left > right ? sign : 0;
    });
  };
}

function byLabels(sign: 1 | -1): VectorFunction {
  return async (call) => {
    const vector = vectorArgument(call, 0);
    const names = call.expr.args.slice(1).map((_, i) => textArgument(call.expr, i + 1));
    const keys: NaturalKey[][] = names.map(() => []);
    if (vector.steps === 1) {
      await eachRow(vector.rows, call.ctx, (row) => {
        for (const [i, name] of names.entries()) {
          keys[i]?.push(naturalKey(vector.labels[row]?.get(name) ?? ""));
        }
      });
    }
    return inOneStep(call, vector, (a, b) => {
      const left = vector.labels[a] ?? Labels.empty;
      const right = vector.labels[b] ?? Labels.empty;
      for (const [i, name] of names.entries()) {
        if (left.get(name) === right.get(name)) continue;
        const [x, y] = [keys[i]?.[a], keys[i]?.[b]];
        return x && y && naturallyBefore(x, y) ? -sign : sign;
      }
      return sign * Labels.compare(left, right);
    });
  };
}

export const sortFunctions: [string, VectorFunction][] = [
  ["sort", byValue(1)],
  ["sort_desc", byValue(-1)],
  ["sort_by_label", byLabels(1)],
  ["sort_by_label_desc", byLabels(-1)],
];
