import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

/** Lists longer than this draw only the rows in sight. */
const VIRTUAL_FROM = 100;
const OVERSCAN = 12;

/** Which rows of a list are in sight of the window, and how much room the others before and after them take. */
export const useSight = <T extends HTMLElement>(
  count: number,
  size: (index: number) => number,
  key: string,
) => {
  const place = useRef<T>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const top = place.current?.getBoundingClientRect().top ?? 0;
    setOffset(top + window.scrollY);
  }, [key]);
  // oxlint-disable-next-line react/incompatible-library -- nothing that the compiler would keep is made from it
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: size,
    overscan: OVERSCAN,
    scrollMargin: offset,
    enabled: count > VIRTUAL_FROM,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, key, count]);
  if (count <= VIRTUAL_FROM) return { place, first: 0, end: count, before: 0, after: 0 };
  const items = virtualizer.getVirtualItems();
  const [head] = items;
  const tail = items.at(-1);
  return {
    place,
    first: head?.index ?? 0,
    end: (tail?.index ?? -1) + 1,
    before: (head?.start ?? offset) - offset,
    after: Math.max(0, virtualizer.getTotalSize() - ((tail?.end ?? offset) - offset)),
  };
};
