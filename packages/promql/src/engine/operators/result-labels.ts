import { Labels, METRIC_NAME, compareBytes } from "../../labels.ts";
import type { BinaryOp, VectorMatching } from "../../syntax/ast.ts";
import { changesMetric } from "./arithmetic.ts";

/** Labels that say what a metric is: its name, and type and unit where the store adds these. */
export const METADATA: readonly string[] = [METRIC_NAME, "__type__", "__unit__"];

/** The labels that a match group shares. */
export function groupLabels(labels: Labels, matching: VectorMatching): Labels {
  const listed = new Set(matching.labels);
  if (matching.on) return labels.filter((name) => listed.has(name));
  return labels.filter((name) => name !== METRIC_NAME && !listed.has(name));
}

/** Makes the labels of results. */
export class ResultLabels {
  private readonly keep: (name: string) => boolean;
  /** Names that come from the "one" side, ascending. */
  private readonly include: readonly string[];

  constructor(op: BinaryOp, matching: VectorMatching) {
    const dropped = new Set(changesMetric(op) ? METADATA : []);
    const include = new Set(matching.include);
    const listed = new Set(matching.labels);
    const one = matching.cardinality === "one-to-one";
    this.include = [...include].toSorted(compareBytes);
    this.keep = (name) =>
      !dropped.has(name) && !include.has(name) && (!one || listed.has(name) === matching.on);
  }

  /** @param many labels of the "many" side (one-to-one: the left), @param one of the other. */
  of(many: Labels, one: Labels): Labels {
    const kept = many.filter(this.keep);
    if (this.include.length === 0) return kept;
    const names: string[] = [];
    const values: string[] = [];
    let from = 0;
    const keepUntil = (name: string | undefined): void => {
      for (; from < kept.names.length; from++) {
        const next = kept.names[from] ?? "";
        if (name !== undefined && compareBytes(next, name) > 0) return;
        names.push(next);
        values.push(kept.values[from] ?? "");
      }
    };
    for (const name of this.include) {
      const value = one.get(name);
      if (value === undefined) continue;
      keepUntil(name);
      names.push(name);
      values.push(value);
    }
    keepUntil(undefined);
    return new Labels(names, values);
  }
}
