/** The same numbers for the same seed: https://en.wikipedia.org/wiki/Xorshift */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 1;
  }

  uint32(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }

  share(): number {
    return this.uint32() / 2 ** 32;
  }

  below(limit: number): number {
    return this.uint32() % limit;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.uint32() >>> 11;
    return bytes;
  }

  /** Most are short, a few are long. */
  durationNs(meanMs: number): bigint {
    return BigInt(Math.round(-Math.log(1 - this.share()) * meanMs * 1e6) + 1000);
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
