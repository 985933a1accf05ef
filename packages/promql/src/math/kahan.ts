/**
 * A sum with Neumaier's compensation, as upstream's util/kahansum. The compensation is kept apart and is dropped when the
 * sum becomes infinite, where it would turn into NaN.
 */
export class KahanSum {
  sum: number;
  compensation = 0;

  constructor(first = 0) {
    this.sum = first;
  }

  add(value: number): void {
    const sum = this.sum;
    const next = sum + value;
    if (next === Infinity || next === -Infinity) this.compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) this.compensation += sum - next + value;
    else this.compensation += value - next + sum;
    this.sum = next;
  }

  /** Starts again. */
  reset(first = 0): void {
    this.sum = first;
    this.compensation = 0;
  }

  get total(): number {
    return this.sum + this.compensation;
  }
}

/** {@link KahanSum.add} for one of many sums that are kept in columns. */
export function kahanAddAt(
  sums: Float64Array,
  compensations: Float64Array,
  index: number,
  value: number,
): void {
  const sum = sums[index] ?? 0;
  const next = sum + value;
  if (next === Infinity || next === -Infinity) compensations[index] = 0;
  else {
    const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    compensations[index] = (compensations[index] ?? 0) + lost;
  }
  sums[index] = next;
}

/**
 * A mean as upstream computes it: compensated sum divided by the count, and as soon as the sum would overflow an incremental
 * mean, which cannot.
 */
export class KahanMean {
  count = 0;
  private readonly state = new KahanSum();
  private incremental = false;

  add(value: number): void {
    this.count++;
    const { state, count } = this;
    if (count === 1) {
      state.reset(value);
      return;
    }
    if (!this.incremental) {
      const { sum, compensation } = state;
      state.add(value);
      if (Math.abs(state.sum) !== Infinity) return;
      this.incremental = true;
      state.sum = sum / (count - 1);
      state.compensation = compensation / (count - 1);
    }
    const share = (count - 1) / count;
    state.sum *= share;
    state.compensation *= share;
    state.add(value / count);
  }

  /** Starts again. */
  reset(): void {
    this.count = 0;
    this.incremental = false;
    this.state.reset();
  }

  get mean(): number {
    const { sum, compensation } = this.state;
    if (this.incremental) return sum + compensation;
    return sum / this.count + compensation / this.count;
  }
}
