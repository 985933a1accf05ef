import {
  IconAlertTriangle,
  IconChevronDown,
  IconChevronRight,
  IconClockExclamation,
  IconUnlink,
} from "@tabler/icons-react";
import { memo } from "react";

import { hueVariable } from "../../charts/colours.ts";
import { formatValue } from "../../format/units.ts";
import type { RunSpan } from "./run-spans.ts";
import { IN_A_CIRCLE } from "./span-tree.ts";
import classes from "./waterfall.module.css";

/** Deeper spans are drawn no further to the right. */
const MAX_DEPTH = 24;
const INDENT_PX = 12;

interface RowProps {
  span: RunSpan;
  agent: string;
  depth: number;
  /** How many spans are below it. */
  below: number;
  /** Shares of the run. */
  start: number;
  width: number;
  selfSeconds: number;
  odd: number;
  hue: number | undefined;
  isChosen: boolean;
  isFolded: boolean;
  isHit: boolean;
  isCritical: boolean;
  isSkewed: boolean;
  heightPx: number;
  onPick: (id: string) => void;
  onFold: (id: string) => void;
}

const Marks = ({ span, odd, isSkewed }: Pick<RowProps, "span" | "odd" | "isSkewed">) => (
  <>
    {span.status === "error" && (
      <IconAlertTriangle size={13} className={classes["failed"]} aria-label="failed" />
    )}
    {odd !== 0 && (
      <span
        className={classes["odd"]}
        title={
          odd === IN_A_CIRCLE
            ? "Its chain of parents comes back to itself: it is shown as if it had none."
            : `Its parent ${span.parent_span_id} has not come: it is shown as if it had none.`
        }
      >
        <IconUnlink size={13} aria-label="parent missing" />
      </span>
    )}
    {isSkewed && (
      <span
        className={classes["odd"]}
        title="It lies outside of its parent on another host: the two clocks disagree. Times are as they were sent."
      >
        <IconClockExclamation size={13} aria-label="clocks disagree" />
      </span>
    )}
  </>
);

const Bar = ({
  span,
  start,
  width,
  hue,
  selfSeconds,
  isCritical,
  below,
}: Pick<RowProps, "span" | "start" | "width" | "hue" | "selfSeconds" | "isCritical" | "below">) => {
  const failed = span.status === "error";
  const took = formatValue(span.duration_seconds, "seconds");
  const own = below > 0 ? `, ${formatValue(selfSeconds, "seconds")} of it its own` : "";
  return (
    <span
      className={classes["lane"]}
      title={`${took}${span.ended === false ? " so far" : ""}${own}`}
    >
      <span
        className={classes["bar"]}
        data-failed={failed || undefined}
        data-running={span.ended === false || undefined}
        data-critical={isCritical || undefined}
        style={{
          left: `${Math.min(100, start * 100)}%`,
          width: `${width * 100}%`,
          ...(hue !== undefined && !failed && { background: hueVariable(hue) }),
        }}
      />
      <span className={classes["took"]} style={{ left: `${Math.min(1, start + width) * 100}%` }}>
        {took}
        {span.ended === false && "…"}
      </span>
    </span>
  );
};

/** One span; drawn again only when something of it has changed, not when others come into sight. */
export const WaterfallRow = memo((row: RowProps) => {
  const { span, agent, depth, below, isFolded, isChosen, heightPx, onPick, onFold } = row;
  const Fold = isFolded ? IconChevronRight : IconChevronDown;
  return (
    <div
      className={classes["line"]}
      data-chosen={isChosen || undefined}
      data-hit={row.isHit || undefined}
      style={{ height: heightPx }}
      onClick={() => onPick(span.span_id)}
    >
      <div
        className={classes["label"]}
        style={{ paddingInlineStart: 4 + Math.min(depth, MAX_DEPTH) * INDENT_PX }}
      >
        {below > 0 ? (
          <button
            type="button"
            className={classes["fold"]}
            tabIndex={-1}
            aria-label={`${isFolded ? "Show" : "Hide"} what is below ${span.name}`}
            aria-expanded={!isFolded}
            onClick={(event) => {
              event.stopPropagation();
              onFold(span.span_id);
            }}
          >
            <Fold size={13} aria-hidden />
          </button>
        ) : (
          <span className={classes["fold"]} />
        )}
        <button
          type="button"
          className={classes["pick"]}
          tabIndex={-1}
          aria-pressed={isChosen}
          title={span.name}
        >
          <span className={classes["name"]} data-failed={span.status === "error" || undefined}>
            {span.name}
          </span>
          {isFolded && <span className={classes["hidden"]}>+{below}</span>}
          {agent !== "" && <span className={classes["agent"]}>{agent}</span>}
        </button>
        <Marks span={span} odd={row.odd} isSkewed={row.isSkewed} />
      </div>
      <Bar {...row} />
    </div>
  );
});
WaterfallRow.displayName = "WaterfallRow";
