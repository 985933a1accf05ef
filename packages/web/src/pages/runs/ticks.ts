const MULTIPLES = [1, 2, 5, 10];

/** Round times across a run, of which there are at most `most`; seconds. */
export function ticksOf(lengthSeconds: number, most = 6): number[] {
  const least = lengthSeconds / most;
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const step = magnitude * (MULTIPLES.find((one) => one * magnitude >= least) ?? 10);
  const count = Math.floor(lengthSeconds / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(6)));
}
