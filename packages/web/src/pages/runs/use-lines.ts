import { useCallback, useLayoutEffect, useRef, useState } from "react";

import { heightOf, scrollTo, sightOf, type Sight } from "./scroll-scale.ts";

const same = (a: Sight, b: Sight): boolean =>
  a.first === b.first && a.end === b.end && a.offsetPx === b.offsetPx;

/** Lines of one height in a box that scrolls: which are in sight, and how to bring others there. */
export const useLines = (lines: number, linePx: number) => {
  const box = useRef<HTMLDivElement>(null);
  /** Kept, since asking for it in the middle of a scroll makes the browser lay out everything first. */
  const viewPx = useRef(0);
  const [sight, setSight] = useState<Sight>({ first: 0, end: 0, offsetPx: 0 });
  const look = useCallback(() => {
    if (box.current === null) return;
    const next = sightOf(lines, linePx, {
      scrollPx: box.current.scrollTop,
      viewPx: viewPx.current,
    });
    setSight((old) => (same(old, next) ? old : next));
  }, [lines, linePx]);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const measure = () => {
      viewPx.current = current.clientHeight;
      look();
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [look]);
  const show = useCallback(
    (line: number) => {
      const { current } = box;
      if (current === null) return;
      const { scrollTop: scrollPx, clientHeight: viewPx } = current;
      const to = scrollTo(line, lines, linePx, { scrollPx, viewPx });
      if (to !== undefined) current.scrollTop = to;
    },
    [lines, linePx],
  );
  // Fewer lines than before may be shorter than what was in sight of the old ones.
  const { first, end, offsetPx } = sight;
  return {
    box,
    look,
    show,
    first: Math.min(first, lines),
    end: Math.min(end, lines),
    offsetPx,
    heightPx: heightOf(lines, linePx),
  };
};
