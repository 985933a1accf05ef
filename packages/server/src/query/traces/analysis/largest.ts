import type { Turns } from "#lib";

/** Values between two looks at the clock. */
const PIECE = 4096;

/** The places with the largest values, the largest first; none with 0. */
export async function largestOf(
  values: Float64Array,
  limit: number,
  turns: Turns,
): Promise<number[]> {
  let best: number[] = [];
  let least = 0;
  const cut = () => {
    best = best.toSorted((a, b) => (values[b] ?? 0) - (values[a] ?? 0)).slice(0, limit);
    if (best.length === limit) least = values[best.at(-1) ?? 0] ?? 0;
  };
  for (const [place, value] of values.entries()) {
    if (value > least) best.push(place);
    if (best.length >= 2 * limit) cut();
    if (place % PIECE === 0 && turns.isLong) await turns.next();
  }
  cut();
  return best;
}
