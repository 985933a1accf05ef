import type { VectorMatching } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { Pacer } from "../pacer.ts";
import type { Vector } from "../vector.ts";
import { signatures } from "./signature.ts";

/** Which rows of the "many" side (one-to-one: the left) meet which of the "one" side. */
export interface MatchGroups {
  count: number;
  /** Whether a group has several rows of the "many" side. */
  crowded: boolean;
  /** Group of each row of the "many" side. */
  many: Int32Array;
  /** Rows of each group of the "one" side. */
  oneRows: GroupRows;
}

/** Rows by group: those of group g are at starts[g] to starts[g + 1], in their order. */
export interface GroupRows {
  starts: Int32Array;
  rows: Int32Array;
}

export async function matchGroups(
  many: Vector,
  one: Vector,
  matching: VectorMatching,
  ctx: EvalContext,
): Promise<MatchGroups> {
  const numbers = signatures(matching.on, matching.labels);
  const pacer = new Pacer(ctx.budget);
  const groupOf = async (vector: Vector): Promise<Int32Array> => {
    const groups = new Int32Array(vector.rows);
    for (let row = 0; row < vector.rows; row++) {
      const labels = vector.labels[row];
      if (labels) groups[row] = numbers.number(labels);
      if (pacer.due(16)) await ctx.budget.pause();
    }
    return groups;
  };
  // The smaller side first keeps the numbers of its groups dense.
  const ofOne = await groupOf(one);
  const ofMany = await groupOf(many);
  const { count } = numbers;
  return {
    count,
    crowded: new Set(ofMany).size < many.rows,
    many: ofMany,
    oneRows: rowsByGroup(ofOne, count),
  };
}

/** Sorts rows into their groups, stable. */
export function rowsByGroup(groups: Int32Array, count: number): GroupRows {
  const starts = new Int32Array(count + 1);
  for (const group of groups) starts[group + 1] = (starts[group + 1] ?? 0) + 1;
  for (let group = 0; group < count; group++) {
    starts[group + 1] = (starts[group + 1] ?? 0) + (starts[group] ?? 0);
  }
  const next = starts.slice();
  const rows = new Int32Array(groups.length);
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row] ?? 0;
    const at = next[group] ?? 0;
    rows[at] = row;
    next[group] = at + 1;
  }
  return { starts, rows };
}

export function rowCount(groups: GroupRows, group: number): number {
  return (groups.starts[group + 1] ?? 0) - (groups.starts[group] ?? 0);
}

/** The first row of a group; there MUST be one. */
export function rowAt(groups: GroupRows, group: number): number {
  return groups.rows[groups.starts[group] ?? 0] ?? 0;
}

export function rowsOf(groups: GroupRows, group: number): Int32Array {
  return groups.rows.subarray(groups.starts[group], groups.starts[group + 1]);
}
