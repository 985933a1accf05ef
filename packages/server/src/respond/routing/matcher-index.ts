import { matchesAll, type LabelSet, type Matcher } from "#lib";

/** Lists shorter than this are looked through: finding a shortcut would cost as much. */
const MIN_INDEXED = 8;

const isExact = ({ operator, value }: Matcher): boolean => operator === "=" && value !== "";
const pairOf = ({ name, value }: Matcher): string => `${name}\0${value}`;

/** How many lists have each matcher for equality. */
function countPairs(lists: readonly (readonly Matcher[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const matcher of lists.flat().filter(isExact)) {
    const pair = pairOf(matcher);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return counts;
}

/**
 * Finds which of many lists of matchers labels satisfy. Each list is found by its matcher for equality that fewest
 * others have, so that a thousand rules about a thousand teams cost about as much as one.
 */
export class MatcherIndex {
  private readonly lists: readonly (readonly Matcher[])[];
  /** Places by value, by label. */
  private readonly byLabel = new Map<string, Map<string, number[]>>();
  /** Places of lists that have no matcher to find them by. */
  private readonly rest: number[] = [];

  constructor(lists: readonly (readonly Matcher[])[]) {
    this.lists = lists;
    const counts = countPairs(lists);
    const rarity = (matcher: Matcher): number => counts.get(pairOf(matcher)) ?? 0;
    for (const [place, matchers] of lists.entries()) {
      const [exact] = matchers.filter(isExact).toSorted((a, b) => rarity(a) - rarity(b));
      if (exact === undefined || lists.length < MIN_INDEXED) {
        this.rest.push(place);
        continue;
      }
      let values = this.byLabel.get(exact.name);
      if (values === undefined)
        this.byLabel.set(exact.name, (values = new Map<string, number[]>()));
      const places = values.get(exact.value);
      if (places === undefined) values.set(exact.value, [place]);
      else places.push(place);
    }
  }

  /** Places of the lists whose matchers all match, in their order. */
  matching(labels: LabelSet): number[] {
    const found = this.rest.filter((place) => this.matches(place, labels));
    let sorted = true;
    for (const [name, values] of this.byLabel) {
      const value = labels[name];
      const places = value === undefined ? undefined : values.get(value);
      for (const place of places ?? []) {
        if (!this.matches(place, labels)) continue;
        sorted &&= place > (found.at(-1) ?? -1);
        found.push(place);
      }
    }
    return sorted ? found : found.toSorted((a, b) => a - b);
  }

  matches(place: number, labels: LabelSet): boolean {
    return matchesAll(this.lists[place] ?? [], labels);
  }
}
