import { useMemo } from "react";

import { hueVariable, huesOf } from "../../charts/colours.ts";
import { formatValue, plural } from "../../format/units.ts";
import { SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { laneSteps, type Arrow, type Lane, type Lanes } from "./lanes.ts";
import classes from "./pictures.module.css";
import type { SpanTree } from "./span-tree.ts";
import { ticksOf } from "./ticks.ts";
import { useSliced } from "./use-sliced.ts";

const LANE_PX = 40;
const BAR_PX = 16;
/** Coordinates across the picture; it is stretched to the width that there is. */
const WIDE = 1000;

interface LanesProps {
  tree: SpanTree;
  chosen: string | undefined;
  onPick: (span: string) => void;
}

const Row = ({
  lane,
  hue,
  length,
  chosen,
  onPick,
}: {
  lane: Lane;
  hue: number | undefined;
  length: number;
} & Omit<LanesProps, "tree">) => (
  <div className={classes["track"]} style={{ height: LANE_PX }}>
    {lane.stretches.map(({ from, to, failed, running, spanId, spans }) => (
      <button
        key={`${from}/${spanId}`}
        type="button"
        tabIndex={-1}
        className={classes["stretch"]}
        data-failed={failed || undefined}
        data-running={running || undefined}
        data-chosen={chosen === spanId || undefined}
        title={`${lane.name}: ${formatValue(to - from, "seconds")}${spans > 1 ? `, ${plural(spans, "span")}` : ""}${failed ? ", failed" : ""}`}
        aria-label={`${lane.name} at ${formatValue(from, "seconds")} for ${formatValue(to - from, "seconds")}${failed ? ", failed" : ""}`}
        style={{
          left: `${(from / length) * 100}%`,
          width: `${((to - from) / length) * 100}%`,
          height: BAR_PX,
          ...(hue !== undefined && !failed && { background: hueVariable(hue) }),
        }}
        onClick={() => onPick(spanId)}
      />
    ))}
  </div>
);

const middle = (lane: number): number => lane * LANE_PX + LANE_PX / 2;

const ArrowLine = ({ arrow, length }: { arrow: Arrow; length: number }) => {
  const x = (arrow.at / length) * WIDE;
  const isDown = arrow.to > arrow.from;
  const [from, to] = [
    middle(arrow.from) + (isDown ? BAR_PX / 2 : -BAR_PX / 2),
    middle(arrow.to) + (isDown ? -BAR_PX / 2 : BAR_PX / 2),
  ];
  return <line x1={x} x2={x} y1={from} y2={to} vectorEffect="non-scaling-stroke" />;
};

const ArrowHead = ({ arrow, length }: { arrow: Arrow; length: number }) => {
  const isDown = arrow.to > arrow.from;
  const top = middle(arrow.to) + (isDown ? -BAR_PX / 2 - 6 : BAR_PX / 2);
  return (
    <span
      className={classes["head"]}
      data-down={isDown || undefined}
      style={{ left: `${(arrow.at / length) * 100}%`, top }}
    />
  );
};

const Picture = ({ lanes, tree, chosen, onPick }: LanesProps & { lanes: Lanes }) => {
  const { lengthSeconds: length } = tree;
  const hues = useMemo(
    () => huesOf(lanes.lanes.filter(({ isAgent }) => isAgent).map(({ name }) => name)),
    [lanes],
  );
  const height = lanes.lanes.length * LANE_PX;
  return (
    <div className={classes["lanes"]}>
      <ul className={classes["names"]}>
        {lanes.lanes.map((lane) => (
          <li key={`${lane.name}/${lane.isAgent}`} style={{ height: LANE_PX }}>
            <button
              type="button"
              className={classes["lane"]}
              onClick={() => onPick(lane.stretches[0]?.spanId ?? "")}
            >
              {lane.name}
            </button>
            <span className="dim">
              {formatValue(lane.busy, "seconds")}, {formatValue(lane.busy / length, "ratio")}
              {!lane.isAgent && " · no agent"}
            </span>
          </li>
        ))}
      </ul>
      <div className={classes["stage"]}>
        {ticksOf(length, 5).map((at) => (
          <span
            key={at}
            className={classes["tick"]}
            style={{ left: `${(at / length) * 100}%` }}
            aria-hidden
          >
            {formatValue(at, "seconds")}
          </span>
        ))}
        <div className={classes["drawn"]} style={{ height }}>
          {lanes.lanes.map((lane) => (
            <Row
              key={`${lane.name}/${lane.isAgent}`}
              lane={lane}
              hue={hues.get(lane.name)}
              length={length}
              chosen={chosen}
              onPick={onPick}
            />
          ))}
          <svg
            className={classes["arrows"]}
            viewBox={`0 0 ${WIDE} ${Math.max(1, height)}`}
            preserveAspectRatio="none"
            aria-hidden
          >
            {lanes.arrows.map((arrow) => (
              <ArrowLine key={arrow.spanId} arrow={arrow} length={length} />
            ))}
          </svg>
          {lanes.arrows.map((arrow) => (
            <ArrowHead key={arrow.spanId} arrow={arrow} length={length} />
          ))}
        </div>
      </div>
    </div>
  );
};

/** Who was at work when, and who set whom to work. */
export const SwimLanes = ({ tree, chosen, onPick }: LanesProps) => {
  const lanes = useSliced(useMemo(() => () => laneSteps(tree), [tree]));
  if (lanes === undefined) return <SkeletonRows rows={4} height={LANE_PX} />;
  const hidden = [
    lanes.hiddenLanes > 0 && plural(lanes.hiddenLanes, "further lane"),
    lanes.hiddenArrows > 0 && plural(lanes.hiddenArrows, "further arrow"),
  ].filter(Boolean);
  return (
    <Panel title="Who was at work when">
      <Picture lanes={lanes} tree={tree} chosen={chosen} onPick={onPick} />
      {hidden.length > 0 && <p className="dim">{hidden.join(" and ")} not drawn.</p>}
    </Panel>
  );
};
