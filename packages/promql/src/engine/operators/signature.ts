import { METRIC_NAME, type Labels } from "../../labels.ts";
import { LabelNumbers } from "./label-numbers.ts";

type Node = Map<string, Node | number>;

/** Gives label sets that agree on some labels the same number, counting from 0 in order of appearance. */
export interface Signatures {
  /** How many different ones were numbered. */
  readonly count: number;
  /** The number of these labels. */
  number(labels: Labels): number;
  /** The number if these labels were numbered before, else -1. */
  find(labels: Labels): number;
}

/** Labels agree when the given ones do. A label that is missing counts as empty. */
class ByLabels implements Signatures {
  private readonly names: readonly string[];
  private readonly root: Node = new Map();
  count = 0;

  constructor(names: readonly string[]) {
    this.names = names;
  }

  number(labels: Labels): number {
    const { names } = this;
    if (names.length === 0) return (this.count = 1) - 1;
    let node = this.root;
    for (let i = 0; i < names.length - 1; i++) {
      const value = labels.get(names[i] ?? "") ?? "";
      let next = node.get(value) as Node | undefined;
      if (!next) node.set(value, (next = new Map()));
      node = next;
    }
    const value = labels.get(names[names.length - 1] ?? "") ?? "";
    const known = node.get(value) as number | undefined;
    if (known !== undefined) return known;
    node.set(value, this.count);
    return this.count++;
  }

  find(labels: Labels): number {
    const { names } = this;
    if (names.length === 0) return this.count - 1;
    let node: Node | number | undefined = this.root;
    for (let i = 0; i < names.length && typeof node === "object"; i++) {
      node = node.get(labels.get(names[i] ?? "") ?? "");
    }
    return typeof node === "number" ? node : -1;
  }
}

/**
 * Signatures of `on (names)` and `by (names)`, or of `ignoring (names)` and `without (names)`; the latter two leave out the
 * metric's name, too.
 */
export function signatures(by: boolean, names: readonly string[]): Signatures {
  if (by) return new ByLabels([...new Set(names)]);
  return new LabelNumbers(new Set([METRIC_NAME, ...names]));
}
