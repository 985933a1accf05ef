/** Browsers cannot make an element taller than some 17 million pixels; a million lines would need more. */
const MAX_HEIGHT_PX = 8_000_000;
/** Lines are drawn in steps of so many, so that most frames of a scroll change nothing but the offset. */
const STEP = 8;
/** Lines that are drawn above and below what is in sight. */
const BEYOND = 12;

export interface Sight {
  /** Lines to draw, from `first` to before `end`. */
  first: number;
  end: number;
  /** Where the first of them stands. */
  offsetPx: number;
}

/** How tall the scrolled element is: what its lines need, or less when scrolling moves more than a pixel per pixel. */
export const heightOf = (lines: number, linePx: number): number =>
  Math.min(lines * linePx, MAX_HEIGHT_PX);

/** Which lines are in sight at a scroll position. */
export function sightOf(
  lines: number,
  linePx: number,
  { scrollPx, viewPx }: { scrollPx: number; viewPx: number },
): Sight {
  const full = lines * linePx;
  const height = heightOf(lines, linePx);
  const isScaled = full > height;
  const room = Math.max(1, height - viewPx);
  const topPx = isScaled ? (Math.min(scrollPx, room) / room) * (full - viewPx) : scrollPx;
  const step = (line: number) => Math.floor(line / STEP) * STEP;
  const first = Math.max(0, Math.min(lines, step(topPx / linePx) - BEYOND));
  const end = Math.min(lines, step((topPx + viewPx) / linePx) + STEP + BEYOND);
  return { first, end, offsetPx: isScaled ? scrollPx - (topPx - first * linePx) : first * linePx };
}

/** Where to scroll so that a line is in sight; undefined when it is already. */
export function scrollTo(
  line: number,
  lines: number,
  linePx: number,
  { scrollPx, viewPx }: { scrollPx: number; viewPx: number },
): number | undefined {
  const full = lines * linePx;
  const height = heightOf(lines, linePx);
  const room = Math.max(1, height - viewPx);
  const scale = full > height ? (full - viewPx) / room : 1;
  const topPx = scrollPx * scale;
  if (line * linePx >= topPx && (line + 1) * linePx <= topPx + viewPx) return undefined;
  return Math.max(0, (line * linePx - viewPx / 3) / scale);
}
