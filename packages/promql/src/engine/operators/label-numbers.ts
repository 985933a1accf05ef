import type { Labels } from "../../labels.ts";

/** A label that does not count. */
const SKIPPED = -1;

/**
 * Numbers label sets, equal ones alike, counting from 0 in order of appearance. Instead of a key per set, which would have to
 * be written and hashed, names and values are numbered once, and a table of integers leads from one label to the next.
 */
export class LabelNumbers {
  count = 0;
  private readonly skip: ReadonlySet<string>;
  private readonly nameIds = new Map<string, number>();
  private readonly valueIds = new Map<string, number>();
  /** Names and values of the last set by position: neighbours have most in common. */
  private readonly lastNames: string[] = [];
  private readonly lastNameIds: number[] = [];
  private readonly lastValues: string[] = [];
  private readonly lastValueIds: number[] = [];
  /** Open addressing: state, name, value, and the state they lead to; a target of 0 is an empty place. */
  private table = new Int32Array(4 * 64);
  private used = 0;
  private states = 1;
  /** The number of a set by the state at its end, -1 where none ends. */
  private numbers = new Int32Array(64).fill(-1);

  /** @param skip names of labels that do not count. */
  constructor(skip: ReadonlySet<string> = new Set()) {
    this.skip = skip;
  }

  /** The number of these labels. */
  number(labels: Labels): number {
    const state = this.walk(labels, true);
    const known = this.numbers[state] ?? -1;
    if (known >= 0) return known;
    this.numbers[state] = this.count;
    return this.count++;
  }

  /** The number if these labels were numbered before, else -1. */
  find(labels: Labels): number {
    const state = this.walk(labels, false);
    return state < 0 ? -1 : (this.numbers[state] ?? -1);
  }

  private walk({ names, values }: Labels, grow: boolean): number {
    let state = 0;
    for (let i = 0; i < names.length; i++) {
      const name = this.nameId(names[i] ?? "", i);
      if (name === SKIPPED) continue;
      state = this.step(state, name, this.valueId(values[i] ?? "", i), grow);
      if (state < 0) return state;
    }
    return state;
  }

  private nameId(name: string, position: number): number {
    if (this.lastNames[position] === name) return this.lastNameIds[position] ?? SKIPPED;
    let id = this.nameIds.get(name);
    if (id === undefined) {
      id = this.skip.has(name) ? SKIPPED : this.nameIds.size;
      this.nameIds.set(name, id);
    }
    this.lastNames[position] = name;
    this.lastNameIds[position] = id;
    return id;
  }

  private valueId(value: string, position: number): number {
    if (this.lastValues[position] === value) return this.lastValueIds[position] ?? 0;
    let id = this.valueIds.get(value);
    if (id === undefined) this.valueIds.set(value, (id = this.valueIds.size));
    this.lastValues[position] = value;
    this.lastValueIds[position] = id;
    return id;
  }

  private step(state: number, name: number, value: number, grow: boolean): number {
    const { table } = this;
    const mask = table.length / 4 - 1;
    let place = hash(state, name, value) & mask;
    for (;;) {
      const at = place * 4;
      const target = table[at + 3] ?? 0;
      if (target === 0) return grow ? this.insert(at, state, name, value) : -1;
      if (table[at] === state && table[at + 1] === name && table[at + 2] === value) return target;
      place = (place + 1) & mask;
    }
  }

  private insert(at: number, state: number, name: number, value: number): number {
    const target = this.states++;
    this.table[at] = state;
    this.table[at + 1] = name;
    this.table[at + 2] = value;
    this.table[at + 3] = target;
    if (target >= this.numbers.length) {
      const numbers = new Int32Array(this.numbers.length * 2).fill(-1);
      numbers.set(this.numbers);
      this.numbers = numbers;
    }
    // Half full at most, so that ways stay short.
    if (++this.used * 8 > this.table.length) this.rehash();
    return target;
  }

  private rehash(): void {
    const old = this.table;
    const table = new Int32Array(old.length * 2);
    const mask = table.length / 4 - 1;
    for (let from = 0; from < old.length; from += 4) {
      const target = old[from + 3] ?? 0;
      if (target === 0) continue;
      const state = old[from] ?? 0;
      const name = old[from + 1] ?? 0;
      const value = old[from + 2] ?? 0;
      let place = hash(state, name, value) & mask;
      while (table[place * 4 + 3] !== 0) place = (place + 1) & mask;
      table[place * 4] = state;
      table[place * 4 + 1] = name;
      table[place * 4 + 2] = value;
      table[place * 4 + 3] = target;
    }
    this.table = table;
  }
}

function hash(state: number, name: number, value: number): number {
  let mixed =
    Math.imul(state, 0x9e3779b1) ^ Math.imul(value, 0x85ebca77) ^ Math.imul(name, 0xc2b2ae3d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x27d4eb2f);
  return mixed ^ (mixed >>> 13);
}
