import { maskVariables } from "./masks.ts";

/** Words of a line that are compared. */
const MAX_WORDS = 64;
/** Words that lead through the tree to the groups that a line is compared with; names often stand second. */
const DEPTH = 1;
/** Branches of one node; further words share one. */
const MAX_CHILDREN = 64;
/** Share of words that must be equal. */
const SIMILARITY = 0.5;
/** Groups of one tree; what fits none of them is counted beside. */
const MAX_GROUPS = 1000;

const ANYTHING = "<*>";

interface Node<T> {
  children: Map<string, Node<T>>;
  groups: Group<T>[];
}

/** Lines that look alike. */
export interface Group<T> {
  words: string[];
  lines: T;
}

const emptyNode = <T>(): Node<T> => ({ children: new Map(), groups: [] });

/** Words with digits rarely tell one kind of line from another. */
const keyOf = (word: string): string => (/\d/.test(word) ? ANYTHING : word);

/** Share of words that are equal; places that are open already count for nothing. */
function similarity(template: readonly string[], words: readonly string[]): number {
  let equal = 0;
  for (const [i, word] of template.entries()) if (word === words[i]) equal++;
  return words.length === 0 ? 1 : equal / words.length;
}

/**
 * Groups lines that look alike by a tree of fixed depth: by their number of words, then by their first words, then by
 * similarity. After P. He, J. Zhu, Z. Zheng, M. R. Lyu: Drain: An Online Log Parsing Approach with Fixed Depth Tree,
 * ICWS 2017, https://doi.org/10.1109/ICWS.2017.13.
 */
export class DrainTree<T> {
  readonly groups: Group<T>[] = [];
  /** Lines that fit no group, when there could be no more. */
  others = 0;
  private readonly byLength = new Map<number, Node<T>>();
  /** Groups by the masked text of their lines: most lines are exactly like one before. */
  private readonly known = new Map<string, Group<T>>();
  private readonly start: () => T;

  constructor(start: () => T) {
    this.start = start;
  }

  /** The group of a line; undefined when there is none and can be no more. */
  add(body: string): Group<T> | undefined {
    const masked = maskVariables(body);
    const known = this.known.get(masked);
    if (known !== undefined) return known;
    const words = masked.split(/\s+/, MAX_WORDS).filter((word) => word !== "");
    const group = this.place(words);
    if (group === undefined) this.others++;
    else if (this.known.size < MAX_GROUPS * 8) this.known.set(masked, group);
    return group;
  }

  private place(words: string[]): Group<T> | undefined {
    const leaf = this.leafOf(words);
    let best: Group<T> | undefined;
    let bestSimilarity = SIMILARITY;
    for (const group of leaf.groups) {
      const found = similarity(group.words, words);
      if (found < bestSimilarity) continue;
      best = group;
      bestSimilarity = found;
    }
    if (best !== undefined) {
      best.words = best.words.map((word, i) => (word === words[i] ? word : ANYTHING));
      return best;
    }
    if (this.groups.length >= MAX_GROUPS) return undefined;
    const group = { words, lines: this.start() };
    leaf.groups.push(group);
    this.groups.push(group);
    return group;
  }

  private leafOf(words: readonly string[]): Node<T> {
    const root = this.byLength.get(words.length) ?? emptyNode<T>();
    this.byLength.set(words.length, root);
    return words.slice(0, DEPTH).reduce((node, word) => childOf(node, keyOf(word)), root);
  }
}

/** The branch for a word; the one for all others when there are too many. */
function childOf<T>({ children }: Node<T>, word: string): Node<T> {
  const key = children.has(word) || children.size < MAX_CHILDREN ? word : ANYTHING;
  const child = children.get(key) ?? emptyNode<T>();
  children.set(key, child);
  return child;
}
