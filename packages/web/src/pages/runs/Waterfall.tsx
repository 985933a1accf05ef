import { useMediaQuery } from "@mantine/hooks";
import type { Ref } from "react";
import { useCallback, useImperativeHandle, useMemo } from "react";

import { huesOf } from "../../charts/colours.ts";
import { formatValue } from "../../format/units.ts";
import { belowOf, type SpanTree } from "./span-tree.ts";
import { ticksOf } from "./ticks.ts";
import { useLines } from "./use-lines.ts";
import { useBring, useFolding, walkKeys } from "./use-walk.ts";
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

interface LinesProps extends Omit<WaterfallProps, "handle"> {
  lines: Int32Array;
  folded: ReadonlySet<string>;
  linePx: number;
  onFold: (id: string) => void;
}

const Lines = ({ tree, lines, folded, linePx, chosen, onPick, onFold, ...sets }: LinesProps) => {
  const hues = useMemo(
    () => huesOf([...new Set(tree.agentOf)].filter((agent) => agent !== "").slice(0, MAX_HUES)),
    [tree],
  );
  const pick = useCallback(
    (id: string) => onPick(chosen === id ? undefined : id),
    [onPick, chosen],
  );
  return Array.from(lines, (line) => {
    const place = tree.spanOf[line] ?? 0;
    const span = tree.spans.at(place);
    if (span === undefined) return null;
    const agent = tree.agentOf[place] ?? "";
    return (
      <WaterfallRow
        key={line}
        span={span}
        agent={agent}
        depth={tree.depthOf[line] ?? 0}
        below={belowOf(tree, line)}
        start={(tree.startOf[place] ?? 0) / tree.lengthSeconds}
        width={span.duration_seconds / tree.lengthSeconds}
        selfSeconds={tree.selfOf[place] ?? 0}
        odd={tree.oddOf[place] ?? 0}
        hue={hues.get(agent)}
        isChosen={chosen === span.span_id}
        isFolded={folded.has(span.span_id)}
        isHit={sets.hits.has(line)}
        isCritical={sets.critical.has(span.span_id)}
        isSkewed={sets.skewed.has(span.span_id)}
        heightPx={linePx}
        onPick={pick}
        onFold={onFold}
      />
    );
  });
};

/** Spans below one another in time; a million of them scroll. */
export const Waterfall = ({ handle, ...props }: WaterfallProps) => {
  const { tree, chosen, onPick } = props;
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const linePx = phone ? THUMB_LINE_PX : LINE_PX;
  const folding = useFolding(tree);
  const { folded, setFolded, lines, fold } = folding;
  const { box, look, show, first, end, offsetPx, heightPx } = useLines(lines.length, linePx);
  const bring = useBring(tree, folding, show);
  useImperativeHandle(handle, () => ({ show: bring, fold: setFolded }));
  const page = Math.max(1, Math.floor((end - first) / 2));
  return (
    <div className={classes["frame"]}>
      <Ruler lengthSeconds={tree.lengthSeconds} most={phone ? 3 : 6} />
      <div
        ref={box}
        className={classes["waterfall"]}
        style={{ height: heightPx }}
        tabIndex={0}
        role="region"
        aria-label="Spans of the run in time"
        aria-describedby="waterfall-keys"
        onScroll={look}
        onKeyDown={walkKeys(tree, folding, { chosen, first, page, show, onPick })}
      >
        <div className={classes["lines"]} style={{ height: heightPx }}>
          <div style={{ transform: `translateY(${offsetPx}px)` }}>
            <Lines
              {...props}
              lines={lines.subarray(first, end)}
              folded={folded}
              linePx={linePx}
              onFold={fold}
            />
          </div>
        </div>
      </div>
      <p id="waterfall-keys" className="visually-hidden">
        Arrow keys up and down move between spans, left and right hide and show what is below one.
      </p>
    </div>
  );
};
