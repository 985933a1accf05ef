import type { TraceHeatmap } from "@fleetlight/contract";
import { Button, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import type { KeyboardEvent, PointerEvent } from "react";
import { useLayoutEffect, useRef, useState } from "react";

import { readRegion, writeRegion, type Region } from "../../app/run-search.ts";
import { tokenColour } from "../../charts/colours.ts";
import { formatClock, formatWhen } from "../../format/time.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import classes from "./heatmap.module.css";
import {
  cellsBetween,
  cornerAt,
  countIn,
  placeOf,
  regionOf,
  rowsOf,
  strengthOf,
  type Cells,
  type Corner,
} from "./heatmap.ts";

const HEIGHT_PX = 132;

function draw(canvas: HTMLCanvasElement, width: number, map: TraceHeatmap): void {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = HEIGHT_PX * scale;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const [wide, high] = [canvas.width / map.columns, canvas.height / Math.max(1, rowsOf(map))];
  const most = map.cells.reduce((all, { traces }) => Math.max(all, traces), 1);
  const [usual, failed] = [tokenColour("--fl-1"), tokenColour("--fl-unhealthy")];
  for (const { column, row, traces, errors } of map.cells) {
    const [x, y] = [Math.floor(column * wide), Math.floor(canvas.height - (row + 1) * high)];
    const [w, h] = [Math.max(2, Math.ceil(wide) - 1), Math.max(2, Math.ceil(high) - 1)];
    context.globalAlpha = strengthOf(traces, most);
    context.fillStyle = usual;
    context.fillRect(x, y, w, h);
    if (errors === 0) continue;
    // The share that failed stands at the bottom of the cell.
    const part = Math.max(2, Math.round((h * errors) / traces));
    context.globalAlpha = 0.9;
    context.fillStyle = failed;
    context.fillRect(x, y + h - part, w, part);
  }
}

const wordsOf = (map: TraceHeatmap, cells: Cells): string => {
  const { from, to, least, most } = regionOf(map, cells);
  const { traces, errors } = countIn(map, cells);
  const failed = errors > 0 ? `, ${formatCount(errors)} with errors` : "";
  const lasted = `${formatValue(least, "seconds")} to ${formatValue(most, "seconds")}`;
  return `${formatClock(from * 1000)} to ${formatClock(to * 1000)}, ${lasted}: ${plural(traces, "run")}${failed}`;
};

/** A rectangle that is drawn with the pointer or with keys. */
const useBrush = (map: TraceHeatmap, onRegion: (region: string | undefined) => void) => {
  const [anchor, setAnchor] = useState<Corner | null>(null);
  const [cursor, setCursor] = useState<Corner | null>(null);
  const corner = (event: PointerEvent) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    return cornerAt(map, (event.clientX - left) / width, (event.clientY - top) / height);
  };
  const take = (cells: Cells) => {
    onRegion(writeRegion(regionOf(map, cells)));
    setAnchor(null);
  };
  const onKey = (event: KeyboardEvent) => {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const move = moves[event.key];
    const at = cursor ?? { column: map.columns - 1, row: 0 };
    if (move !== undefined) {
      const next = {
        column: Math.max(0, Math.min(map.columns - 1, at.column + move[0])),
        row: Math.max(0, Math.min(rowsOf(map) - 1, at.row + move[1])),
      };
      setAnchor(event.shiftKey ? (anchor ?? at) : null);
      setCursor(cursor === null ? at : next);
    } else if (event.key === "Enter" && cursor !== null)
      take(cellsBetween(anchor ?? cursor, cursor));
    else if (event.key === "Escape") {
      setAnchor(null);
      setCursor(null);
      onRegion(undefined);
    } else return;
    event.preventDefault();
  };
  return {
    cells: cursor === null ? null : cellsBetween(anchor ?? cursor, cursor),
    isDrawn: anchor !== null,
    events: {
      onKeyDown: onKey,
      onPointerDown: (event: PointerEvent) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setAnchor(corner(event));
        setCursor(corner(event));
      },
      onPointerMove: (event: PointerEvent) => setCursor(corner(event)),
      onPointerUp: (event: PointerEvent) => {
        if (anchor !== null) take(cellsBetween(anchor, corner(event)));
      },
      onPointerLeave: () => anchor === null && setCursor(null),
      onPointerCancel: () => setAnchor(null),
    },
  };
};

const percent = (share: number): string => `${share * 100}%`;

const Frame = ({
  map,
  region,
  kind,
}: {
  map: TraceHeatmap;
  region: Region | undefined;
  kind: "region" | "cursor";
}) => {
  const place = region === undefined ? undefined : placeOf(map, region);
  if (place === undefined) return null;
  const { left, top, width, height } = place;
  return (
    <span
      className={classes[kind]}
      style={{
        left: percent(left),
        top: percent(top),
        width: percent(width),
        height: percent(height),
      }}
    />
  );
};

interface HeatmapProps {
  map: TraceHeatmap;
  region: string | undefined;
  onRegion: (region: string | undefined) => void;
}

/** When runs began and how long they lasted; a rectangle of it narrows the list. */
export const Heatmap = ({ map, region, onRegion }: HeatmapProps) => {
  const { ref, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  const { cells, events } = useBrush(map, onRegion);
  useLayoutEffect(() => {
    if (canvas.current !== null && width > 0 && scheme !== null) draw(canvas.current, width, map);
  }, [map, width, scheme]);
  const chosen = readRegion(region);
  const bounds = map.duration_bounds;
  const middle = bounds[Math.floor(bounds.length / 2)] ?? 0;
  const [start, end] = [Date.parse(map.start), Date.parse(map.end)];
  const whole = `${plural(map.traces, "run")} by start and duration, ${formatCount(map.errors)} with errors`;
  return (
    <section className={classes["heat"]} aria-label="Duration of runs">
      <div className={classes["scale"]} aria-hidden>
        <span>{formatValue(bounds.at(-1) ?? 0, "seconds")}</span>
        <span>{formatValue(middle, "seconds")}</span>
        <span>{formatValue(bounds[0] ?? 0, "seconds")}</span>
      </div>
      <div className={classes["plot"]}>
        <div
          ref={ref}
          className={classes["picture"]}
          style={{ height: HEIGHT_PX }}
          role="application"
          aria-roledescription="heat map"
          aria-label={`Heat map. ${cells === null ? whole : wordsOf(map, cells)}`}
          aria-describedby="heat-keys"
          tabIndex={0}
          {...events}
        >
          <canvas ref={canvas} aria-hidden />
          <Frame map={map} region={chosen} kind="region" />
          {cells !== null && <Frame map={map} region={regionOf(map, cells)} kind="cursor" />}
        </div>
        <div className={classes["times"]} aria-hidden>
          <span>{formatWhen(start, end)}</span>
          <span className={classes["said"]}>
            {cells === null ? "Draw a rectangle to see what differs in it" : wordsOf(map, cells)}
          </span>
          <span>{formatWhen(end, end)}</span>
        </div>
      </div>
      <p id="heat-keys" className="visually-hidden">
        Arrow keys move, with Shift they draw a rectangle, Enter narrows the list to it, Escape
        shows all again.
      </p>
      {chosen !== undefined && (
        <Button
          className={classes["clear"] ?? ""}
          size="compact-xs"
          variant="default"
          onClick={() => onRegion(undefined)}
        >
          Show all again
        </Button>
      )}
    </section>
  );
};
