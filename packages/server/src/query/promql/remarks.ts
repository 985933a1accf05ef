/** A warning or an info, and the steps of the evaluations that told it, in Unix ms. */
export interface Remark {
  text: string;
  fromMs: number;
  toMs: number;
}

/**
 * Adds what the evaluation of the steps `fromMs` to `toMs` told; what is told again is one remark over both.
 * Those that end before `keptFromMs` are left out.
 */
export function withTold(
  known: readonly Remark[],
  told: readonly string[],
  { fromMs, toMs, keptFromMs }: { fromMs: number; toMs: number; keptFromMs: number },
): Remark[] {
  const all = new Map(
    known.filter((one) => one.toMs >= keptFromMs).map((one) => [one.text, one] as const),
  );
  for (const text of told)
    all.set(text, { text, fromMs: Math.min(all.get(text)?.fromMs ?? fromMs, fromMs), toMs });
  return [...all.values()];
}

/** The texts of what an evaluation told that had one of the steps `fromMs` to `toMs`. */
export const toldWithin = (remarks: readonly Remark[], fromMs: number, toMs: number): string[] =>
  remarks.filter((one) => one.toMs >= fromMs && one.fromMs <= toMs).map(({ text }) => text);
