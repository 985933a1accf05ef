import { NONE, type SlabImage, type Slabs } from "./head-slabs.ts";
import { LateSamples } from "./late-samples.ts";
import type { SeriesColumns } from "./series-columns.ts";
import type { SeriesRef } from "./types.ts";

/** What the head holds when nothing is open: columns by series, chunks, and samples that came late. */
export interface HeadImage {
  slabBytes: number;
  slabs: SlabImage[];
  /** Columns of equal length; a series' place in them is what chunks and late samples name it by. */
  series: {
    completeFrom: Float64Array;
    firstTimes: Float64Array;
    lastTimes: Float64Array;
    lastValues: Float64Array;
    newest: Float64Array;
  };
  late: { places: Float64Array; times: Float64Array; values: Float64Array };
}

/** The image of a head without open samples. */
export function imageOf(
  { length, completeFrom, firstTimes, lastTimes, lastValues, newest }: SeriesColumns,
  slabs: Slabs,
  lates: ReadonlyMap<SeriesRef, LateSamples>,
): HeadImage {
  const late = [...lates].flatMap(([ref, { all }]) => all.map((one) => ({ ref, ...one })));
  const values = new Float64Array(late.length);
  new Uint32Array(values.buffer).set(late.flatMap(({ low, high }) => [low, high]));
  return {
    slabBytes: slabs.slabBytes,
    slabs: slabs.images(),
    series: {
      completeFrom: completeFrom.slice(0, length),
      firstTimes: firstTimes.slice(0, length),
      lastTimes: lastTimes.slice(0, length),
      lastValues: lastValues.slice(0, length),
      newest: newest.slice(0, length),
    },
    late: {
      places: Float64Array.from(late, ({ ref }) => ref),
      times: Float64Array.from(late, ({ timeMs }) => timeMs),
      values,
    },
  };
}

/** Puts an image into an empty head whose series are `refs` by place, -1 for none. @returns the samples it has now. */
export function restoreImage(
  { slabs: images, series: from, late }: HeadImage,
  refs: Int32Array,
  series: SeriesColumns,
  slabs: Slabs,
  lates: Map<SeriesRef, LateSamples>,
): number {
  let samples = slabs.restore(images, refs);
  const words = new Uint32Array(from.lastValues.buffer, from.lastValues.byteOffset);
  for (let place = 0; place < refs.length; place++) {
    const ref = refs[place] as number;
    if (ref === NONE) continue;
    series.open(ref, from.completeFrom[place] as number);
    series.firstTimes[ref] = from.firstTimes[place] as number;
    series.lastTimes[ref] = from.lastTimes[place] as number;
    // As words: a NaN keeps its bits.
    series.lastWords[ref * 2] = words[place * 2] as number;
    series.lastWords[ref * 2 + 1] = words[place * 2 + 1] as number;
    series.newest[ref] = from.newest[place] as number;
  }
  const lateWords = new Uint32Array(late.values.buffer, late.values.byteOffset);
  for (let i = 0; i < late.times.length; i++) {
    const ref = refs[late.places[i] as number] ?? NONE;
    if (ref === NONE) continue;
    let found = lates.get(ref);
    if (found === undefined) lates.set(ref, (found = new LateSamples()));
    const [low, high] = [lateWords[i * 2] as number, lateWords[i * 2 + 1] as number];
    found.insert(late.times[i] as number, low, high);
    samples++;
  }
  return samples;
}
