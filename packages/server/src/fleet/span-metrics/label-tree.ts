import type { LabelSet } from "#lib";

/** The values of one label with what follows them: further labels, or what was kept. */
type Branch = Map<string, unknown>;

/**
 * Things by the values of their labels, which MUST always have the same names in the same order. Looking up goes from value
 * to value and makes no text of them: it happens several times for every span.
 */
export class LabelTree<T> {
  private readonly root: Branch = new Map();

  get(labels: LabelSet): T | undefined {
    let found: unknown = this.root;
    for (const name in labels) {
      found = (found as Branch).get(labels[name] as string);
      if (found === undefined) return undefined;
    }
    return found as T;
  }

  set(labels: LabelSet, thing: T): void {
    const values = Object.values(labels);
    const last = values.pop() ?? "";
    let branch = this.root;
    for (const value of values) {
      let next = branch.get(value) as Branch | undefined;
      if (next === undefined) branch.set(value, (next = new Map()));
      branch = next;
    }
    branch.set(last, thing);
  }

  delete(labels: LabelSet): void {
    const way: [Branch, string][] = [];
    let branch: unknown = this.root;
    for (const value of Object.values(labels)) {
      if (!(branch instanceof Map)) return;
      way.push([branch, value]);
      branch = branch.get(value);
    }
    // Branches that bear nothing any more go, too.
    for (const [above, value] of way.reverse()) {
      above.delete(value);
      if (above.size > 0) return;
    }
  }
}
