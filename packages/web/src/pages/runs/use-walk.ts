import type { KeyboardEvent } from "react";
import { useCallback, useMemo, useState } from "react";

import { ancestorsOf, visibleLines, type SpanTree } from "./span-tree.ts";

/** Which spans are folded, and the lines that are left. */
export const useFolding = (tree: SpanTree) => {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => visibleLines(tree, folded), [tree, folded]);
  const fold = useCallback(
    (id: string) =>
      setFolded((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [],
  );
  /** Place of a line among those that are drawn; lines are in order. */
  const placeOf = (line: number): number => {
    let low = 0;
    let high = lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((lines[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { folded, setFolded, lines, fold, placeOf };
};

type Folding = ReturnType<typeof useFolding>;

/** Brings a line into sight, and unfolds what hides it. */
export const useBring = (tree: SpanTree, folding: Folding, show: (place: number) => void) => {
  const { folded, setFolded, lines, placeOf } = folding;
  const [wanted, setWanted] = useState<number | null>(null);
  // What was unfolded for it is drawn by now.
  if (wanted !== null && lines[placeOf(wanted)] === wanted) {
    const place = placeOf(wanted);
    setWanted(null);
    requestAnimationFrame(() => show(place));
  }
  return (line: number) => {
    const above = ancestorsOf(tree, line).map(({ span_id }) => span_id);
    if (above.some((id) => folded.has(id))) {
      const next = new Set(folded);
      for (const id of above) next.delete(id);
      setFolded(next);
      setWanted(line);
    } else show(placeOf(line));
  };
};

interface Walk {
  chosen: string | undefined;
  /** The first line in sight, and how many are. */
  first: number;
  page: number;
  show: (place: number) => void;
  onPick: (span?: string) => void;
}

/** Keys that move between spans and fold them. */
export const walkKeys = (
  tree: SpanTree,
  { folded, lines, fold, placeOf }: Folding,
  { chosen, first, page, show, onPick }: Walk,
) => {
  const span = chosen === undefined ? undefined : tree.placeOf.get(chosen);
  const at = span === undefined ? -1 : placeOf(tree.lineOf[span] ?? 0);
  const go = (to: number) => {
    const place = Math.max(0, Math.min(lines.length - 1, to));
    const next = tree.spans.at(tree.spanOf[lines[place] ?? 0] ?? 0);
    if (next === undefined) return;
    show(place);
    onPick(next.span_id);
  };
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
  };
  return (event: KeyboardEvent): void => {
    const step = steps[event.key];
    const folds = event.key === "ArrowLeft" ? false : event.key === "ArrowRight" ? true : undefined;
    if (step !== undefined) go(at === -1 ? first : at + step);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(lines.length - 1);
    else if (folds !== undefined && chosen !== undefined && folded.has(chosen) === folds)
      fold(chosen);
    else if (event.key === "Escape" && chosen !== undefined) onPick();
    else return;
    event.preventDefault();
  };
};
