import type { Columns } from "./join.ts";

/** Samples of one series that came after newer ones, in order of time; there are few. */
export class LateSamples {
  /** How many may wait before they are put in their places. */
  limit = 64;
  private readonly samples: { timeMs: number; low: number; high: number }[] = [];

  get size(): number {
    return this.samples.length;
  }

  get firstTime(): number {
    return this.samples[0]?.timeMs ?? Infinity;
  }

  get lastTime(): number {
    return this.samples.at(-1)?.timeMs ?? -Infinity;
  }

  /** The time MUST not be there yet. */
  insert(timeMs: number, low: number, high: number): void {
    this.samples.splice(this.placeOf(timeMs), 0, { timeMs, low, high });
  }

  find(timeMs: number): { low: number; high: number } | undefined {
    const found = this.samples[this.placeOf(timeMs)];
    return found?.timeMs === timeMs ? found : undefined;
  }

  /** All of them, in order. */
  get all(): readonly { timeMs: number; low: number; high: number }[] {
    return this.samples;
  }

  /** Index of the first sample that is not older. */
  private placeOf(timeMs: number): number {
    let [from, to] = [0, this.samples.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.samples[middle]?.timeMs ?? 0) < timeMs) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  between(startMs: number, endMs: number): Columns {
    let to = this.placeOf(endMs);
    if (this.samples[to]?.timeMs === endMs) to++;
    const found = this.samples.slice(this.placeOf(startMs), to);
    const times = Float64Array.from(found, ({ timeMs }) => timeMs);
    const values = new Float64Array(found.length);
    const words = new Uint32Array(values.buffer);
    for (const [i, { low, high }] of found.entries()) {
      words[i * 2] = low;
      words[i * 2 + 1] = high;
    }
    return { times, values };
  }
}
