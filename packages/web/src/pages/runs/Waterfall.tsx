import type { TraceSpan } from "@fleetlight/contract";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";

import { hueVariable, huesOf } from "../../charts/colours.ts";
import { formatValue } from "../../format/units.ts";
import classes from "./runs.module.css";
import { waterfall, type Line } from "./waterfall.ts";

const ROW_PX = 28;
const INDENT_PX = 14;

interface WaterfallProps {
  spans: readonly TraceSpan[];
  chosen: string | undefined;
  onPick: (span?: string) => void;
}

interface RowProps {
  line: Line;
  hue: number | undefined;
  isChosen: boolean;
  isFolded: boolean;
  top: number;
  onPick: () => void;
  onFold: () => void;
}

const Row = ({ line, hue, isChosen, isFolded, top, onPick, onFold }: RowProps) => {
  const { span, depth, start, width, children } = line;
  const Fold = isFolded ? IconChevronRight : IconChevronDown;
  const failed = span.status === "error";
  return (
    <div
      className={classes["line"]}
      data-chosen={isChosen || undefined}
      style={{ transform: `translateY(${top}px)`, height: ROW_PX }}
    >
      <div className={classes["label"]} style={{ paddingInlineStart: 4 + depth * INDENT_PX }}>
        {children > 0 ? (
          <button
            type="button"
            className={classes["fold"]}
            aria-label={`${isFolded ? "Show" : "Hide"} what is below ${span.name}`}
            aria-expanded={!isFolded}
            onClick={onFold}
          >
            <Fold size={13} aria-hidden />
          </button>
        ) : (
          <span className={classes["fold"]} />
        )}
        <button type="button" className={classes["pick"]} aria-pressed={isChosen} onClick={onPick}>
          <span data-failed={failed || undefined}>{span.name}</span>
          {span.agent !== "" && <span className="dim">{span.agent}</span>}
        </button>
      </div>
      <button type="button" tabIndex={-1} aria-hidden className={classes["lane"]} onClick={onPick}>
        <span
          className={classes["bar"]}
          data-failed={failed || undefined}
          data-running={!span.ended || undefined}
          style={{
            left: `${start * 100}%`,
            width: `max(2px, ${width * 100}%)`,
            ...(hue !== undefined && !failed && { background: hueVariable(hue) }),
          }}
        />
        <span
          className={classes["took"]}
          style={
            start + width > 0.8
              ? { right: `${(1 - start) * 100}%` }
              : { left: `${(start + width) * 100}%` }
          }
        >
          {formatValue(span.duration_seconds, "seconds")}
        </span>
      </button>
    </div>
  );
};

/** Spans below one another in time; tens of thousands of them scroll. */
export const Waterfall = ({ spans, chosen, onPick }: WaterfallProps) => {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => waterfall(spans, folded), [spans, folded]);
  const hues = useMemo(
    () => huesOf([...new Set(spans.map(({ agent }) => agent).filter((agent) => agent !== ""))]),
    [spans],
  );
  const scroll = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- its functions stay in this component
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  const fold = (id: string) => {
    const next = new Set(folded);
    if (!next.delete(id)) next.add(id);
    setFolded(next);
  };
  return (
    <div
      ref={scroll}
      className={classes["waterfall"]}
      tabIndex={0}
      role="region"
      aria-label="Spans of the run in time"
    >
      <div className={classes["lines"]} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          if (line === undefined) return null;
          const { span_id: id, agent } = line.span;
          return (
            <Row
              key={id}
              line={line}
              hue={hues.get(agent)}
              isChosen={chosen === id}
              isFolded={folded.has(id)}
              top={start}
              onPick={() => onPick(chosen === id ? undefined : id)}
              onFold={() => fold(id)}
            />
          );
        })}
      </div>
    </div>
  );
};
