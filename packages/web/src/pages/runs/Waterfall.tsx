import { useMediaQuery } from "@mantine/hooks";
import type { KeyboardEvent, Ref } from "react";
import { useCallback, useImperativeHandle, useMemo, useState } from "react";

import { huesOf } from "../../charts/colours.ts";
import { formatValue } from "../../format/units.ts";
import { ancestorsOf, belowOf, visibleLines, type SpanTree } from "./span-tree.ts";
import { ticksOf } from "./ticks.ts";
import { useLines } from "./use-lines.ts";
import classes from "./waterfall.module.css";
import { WaterfallRow } from "./WaterfallRow.tsx";

const LINE_PX = 28;
const THUMB_LINE_PX = 46;
/** Agents that get a hue of their own; with more, hues repeat. */
const MAX_HUES = 64;

/** What others can make a waterfall do. */
export interface WaterfallHandle {
  /** Unfolds what hides a line, and brings it into sight. */
  show: (line: number) => void;
  fold: (ids: ReadonlySet<string>) => void;
}

interface WaterfallProps {
  tree: SpanTree;
  chosen: string | undefined;
  /** Ids of the spans that the run waited for, and of those whose clock disagrees. */
  critical: ReadonlySet<string>;
  skewed: ReadonlySet<string>;
  hits: ReadonlySet<number>;
  onPick: (span?: string) => void;
  handle: Ref<WaterfallHandle>;
}

const Ruler = ({ lengthSeconds, most }: { lengthSeconds: number; most: number }) => (
  <div className={classes["ruler"]} aria-hidden>
    <span />
    <span className={classes["ticks"]}>
      {ticksOf(lengthSeconds, most).map((at) => (
        <span key={at} style={{ left: `${(at / lengthSeconds) * 100}%` }}>
          {formatValue(at, "seconds")}
        </span>
      ))}
    </span>
  </div>
);

/** Which spans are folded, and the lines that are left. */
const useFolding = (tree: SpanTree) => {
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

/** Spans below one another in time; a million of them scroll. */
export const Waterfall = ({
  tree,
  chosen,
  critical,
  skewed,
  hits,
  onPick,
  handle,
}: WaterfallProps) => {
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const linePx = phone ? THUMB_LINE_PX : LINE_PX;
  const { folded, setFolded, lines, fold, placeOf } = useFolding(tree);
  const { box, look, show, first, end, offsetPx, heightPx } = useLines(lines.length, linePx);
  const hues = useMemo(
    () => huesOf([...new Set(tree.agentOf)].filter((agent) => agent !== "").slice(0, MAX_HUES)),
    [tree],
  );
  const [wanted, setWanted] = useState<number | null>(null);
  const bring = (line: number) => {
    const above = ancestorsOf(tree, line).map(({ span_id }) => span_id);
    if (above.some((id) => folded.has(id))) {
      const next = new Set(folded);
      for (const id of above) next.delete(id);
      setFolded(next);
      setWanted(line);
    } else show(placeOf(line));
  };
  // What was unfolded for it is drawn by now.
  if (wanted !== null && lines[placeOf(wanted)] === wanted) {
    const line = wanted;
    setWanted(null);
    requestAnimationFrame(() => show(placeOf(line)));
  }
  useImperativeHandle(handle, () => ({ show: bring, fold: setFolded }));
  const pick = useCallback(
    (id: string) => onPick(chosen === id ? undefined : id),
    [onPick, chosen],
  );
  const chosenPlace = chosen === undefined ? undefined : tree.placeOf.get(chosen);
  const at = chosenPlace === undefined ? -1 : placeOf(tree.lineOf[chosenPlace] ?? 0);
  const go = (to: number) => {
    const place = Math.max(0, Math.min(lines.length - 1, to));
    const span = tree.spans[tree.spanOf[lines[place] ?? 0] ?? 0];
    if (span === undefined) return;
    show(place);
    onPick(span.span_id);
  };
  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, end - first - 30);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
    };
    const step = steps[event.key];
    const isFolded = chosen !== undefined && folded.has(chosen);
    if (step !== undefined) go(at === -1 ? first : at + step);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(lines.length - 1);
    else if (event.key === "ArrowRight" && chosen !== undefined && isFolded) fold(chosen);
    else if (event.key === "ArrowLeft" && chosen !== undefined && !isFolded) fold(chosen);
    else if (event.key === "Escape" && chosen !== undefined) onPick();
    else return;
    event.preventDefault();
  };
  const { lengthSeconds } = tree;
  return (
    <div className={classes["frame"]}>
      <Ruler lengthSeconds={lengthSeconds} most={phone ? 3 : 6} />
      <div
        ref={box}
        className={classes["waterfall"]}
        tabIndex={0}
        role="region"
        aria-label="Spans of the run in time"
        aria-describedby="waterfall-keys"
        onScroll={look}
        onKeyDown={onKey}
      >
        <div className={classes["lines"]} style={{ height: heightPx }}>
          <div style={{ transform: `translateY(${offsetPx}px)` }}>
            {Array.from(lines.subarray(first, end), (line) => {
              const place = tree.spanOf[line] ?? 0;
              const span = tree.spans[place];
              if (span === undefined) return null;
              const agent = tree.agentOf[place] ?? "";
              return (
                <WaterfallRow
                  key={line}
                  span={span}
                  agent={agent}
                  line={line}
                  depth={tree.depthOf[line] ?? 0}
                  below={belowOf(tree, line)}
                  start={(tree.startOf[place] ?? 0) / lengthSeconds}
                  width={span.duration_seconds / lengthSeconds}
                  selfSeconds={tree.selfOf[place] ?? 0}
                  odd={tree.oddOf[place] ?? 0}
                  hue={hues.get(agent)}
                  isChosen={chosen === span.span_id}
                  isFolded={folded.has(span.span_id)}
                  isHit={hits.has(line)}
                  isCritical={critical.has(span.span_id)}
                  isSkewed={skewed.has(span.span_id)}
                  heightPx={linePx}
                  onPick={pick}
                  onFold={fold}
                />
              );
            })}
          </div>
        </div>
      </div>
      <p id="waterfall-keys" className="visually-hidden">
        Arrow keys up and down move between spans, left and right hide and show what is below one.
      </p>
    </div>
  );
};
