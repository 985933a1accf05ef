/** The label that holds a metric's name. */
export const METRIC_NAME = "__name__";

/** Ends names and values in keys: a lone surrogate, which no UTF-8 text can hold. */
const END = "\ud800";

/** Order of label names: by UTF-8 bytes, as Go compares strings. It differs from UTF-16 order only beyond U+D7FF. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    // A surrogate stands for a character beyond U+FFFF, which sorts after all that have one unit.
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

/** As toSpliced, which takes four times as long. */
function inserted(list: readonly string[], place: number, text: string): string[] {
  const longer: string[] = [];
  for (let i = 0; i < place; i++) longer.push(list[i] ?? "");
  longer.push(text);
  for (let i = place; i < list.length; i++) longer.push(list[i] ?? "");
  return longer;
}

/**
 * Labels of one series: immutable, names ascending by bytes, no empty values. Two label sets are equal exactly when
 * their keys are.
 */
export class Labels {
  static readonly empty = new Labels([], []);
  readonly names: readonly string[];
  readonly values: readonly string[];
  private cachedKey: string | undefined;

  /** Takes the arrays as they are: names MUST be sorted and distinct, values not empty. */
  constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  /** Sorts, and leaves out labels whose value is empty; of a repeated name the last one counts. */
  static from(entries: Iterable<readonly [string, string]>): Labels {
    const pairs = [...new Map(entries)].filter(([, value]) => value !== "");
    pairs.sort((a, b) => compareBytes(a[0], b[0]));
    return new Labels(
      pairs.map(([name]) => name),
      pairs.map(([, value]) => value),
    );
  }

  static fromObject(labels: Readonly<Record<string, string>>): Labels {
    return Labels.from(Object.entries(labels));
  }

  get size(): number {
    return this.names.length;
  }

  /** One string per label set, for maps. */
  get key(): string {
    if (this.cachedKey !== undefined) return this.cachedKey;
    let key = "";
    for (let i = 0; i < this.names.length; i++) key += this.names[i] + END + this.values[i] + END;
    return (this.cachedKey = key);
  }

  get(name: string): string | undefined {
    const at = this.names.indexOf(name);
    return at < 0 ? undefined : this.values[at];
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** The same labels but for one; an empty value takes it away. */
  with(name: string, value: string): Labels {
    const at = this.names.indexOf(name);
    if (at >= 0) {
      if (this.values[at] === value) return this;
      if (value === "") return this.without(name);
      const values = this.values.slice();
      values[at] = value;
      return new Labels(this.names, values);
    }
    if (value === "") return this;
    const { length } = this.names;
    let place = 0;
    while (place < length && compareBytes(this.names[place] ?? "", name) < 0) place++;
    return new Labels(inserted(this.names, place, name), inserted(this.values, place, value));
  }

  without(...names: readonly string[]): Labels {
    return this.filter((name) => !names.includes(name));
  }

  /** Keeps the labels whose name passes. */
  filter(keep: (name: string) => boolean): Labels {
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i] ?? "";
      if (!keep(name)) continue;
      names.push(name);
      values.push(this.values[i] ?? "");
    }
    return names.length === this.names.length ? this : new Labels(names, values);
  }

  *entries(): Generator<[string, string]> {
    for (let i = 0; i < this.names.length; i++) yield [this.names[i] ?? "", this.values[i] ?? ""];
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this.entries());
  }

  /** Order of results: label by label, name before value, by bytes; a prefix comes first. */
  static compare(a: Labels, b: Labels): number {
    const length = Math.min(a.names.length, b.names.length);
    const sameNames = a.names === b.names;
    for (let i = 0; i < length; i++) {
      const byName = sameNames ? 0 : compareBytes(a.names[i] ?? "", b.names[i] ?? "");
      if (byName !== 0) return byName;
      const byValue = compareBytes(a.values[i] ?? "", b.values[i] ?? "");
      if (byValue !== 0) return byValue;
    }
    return a.names.length - b.names.length;
  }
}
