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

/** Where the labels of a result come from, for operands with certain names. */
interface Shape {
  manyNames: readonly string[];
  oneNames: readonly string[];
  /** Shared by all results of the shape. */
  names: readonly string[];
  /** Places of the values: those of the "one" side count from -1 down. */
  places: readonly number[];
}

/** Makes the labels of results. Neighbours mostly have the same names, so that only their values are picked. */
export class ResultLabels {
  private readonly keep: (name: string) => boolean;
  /** Names that come from the "one" side. */
  private readonly include: readonly string[];
  private shape: Shape = { manyNames: [], oneNames: [], names: [], places: [] };

  constructor(op: BinaryOp, matching: VectorMatching) {
    const dropped = new Set(changesMetric(op) ? METADATA : []);
    const include = new Set(matching.include);
    const listed = new Set(matching.labels);
    const one = matching.cardinality === "one-to-one";
    this.include = [...include];
    this.keep = (name) =>
      !dropped.has(name) && !include.has(name) && (!one || listed.has(name) === matching.on);
  }

  /** @param many labels of the "many" side (one-to-one: the left), @param one of the other. */
  of(many: Labels, one: Labels): Labels {
    let { shape } = this;
    if (!sameNames(shape.manyNames, many.names) || !sameNames(shape.oneNames, one.names)) {
      this.shape = shape = this.shapeOf(many.names, one.names);
    }
    const values: string[] = [];
    for (const place of shape.places) {
      values.push((place < 0 ? one.values[-1 - place] : many.values[place]) ?? "");
    }
    return new Labels(shape.names, values);
  }

  private shapeOf(manyNames: readonly string[], oneNames: readonly string[]): Shape {
    const sources: [name: string, place: number][] = [];
    for (const [i, name] of manyNames.entries()) if (this.keep(name)) sources.push([name, i]);
    for (const name of this.include) {
      const at = oneNames.indexOf(name);
      if (at >= 0) sources.push([name, -1 - at]);
    }
    sources.sort((a, b) => compareBytes(a[0], b[0]));
    return {
      manyNames,
      oneNames,
      names: sources.map(([name]) => name),
      places: sources.map(([, place]) => place),
    };
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
