import { Button, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import type { KeyboardEvent, PointerEvent } from "react";
import { useLayoutEffect, useMemo, useRef, useState } from "react";

import { huesOf, tokenColour } from "../../charts/colours.ts";
import { mixHex } from "../../charts/shades.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { boxesOf, flameSteps, heaviest, type Box, type Frame } from "./flame.ts";
import classes from "./pictures.module.css";
import type { SpanTree } from "./span-tree.ts";
import { useSliced } from "./use-sliced.ts";

const ROW_PX = 22;
const GAP_PX = 1;
/** Narrower boxes have no name in them. */
const NAMED_PX = 36;
const HEAVIEST = 12;

const words = ({ name, agent, spans, self, value, errors }: Frame): string =>
  [
    [name, agent && `by ${agent}`].filter(Boolean).join(" "),
    spans > 0 && plural(spans, "span"),
    `${formatValue(value, "seconds")} with what is below`,
    spans > 0 && `${formatValue(self, "seconds")} its own`,
    errors > 0 && `${formatCount(errors)} failed`,
  ]
    .filter(Boolean)
    .join(", ");

interface Drawing {
  boxes: readonly Box[];
  colour: (frame: Frame) => string;
  at: Frame;
}

function draw(canvas: HTMLCanvasElement, width: number, { boxes, colour, at }: Drawing): void {
  const rows = Math.max(1, ...boxes.map(({ row }) => row + 1));
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = rows * ROW_PX * scale;
  canvas.style.height = `${rows * ROW_PX}px`;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.scale(scale, scale);
  context.font = `12px "Inter Variable", system-ui, sans-serif`;
  context.textBaseline = "middle";
  const ink = tokenColour("--fl-text");
  for (const { frame, left, width: share, row } of boxes) {
    const [x, y] = [left * width, row * ROW_PX];
    const wide = Math.max(1, share * width - GAP_PX);
    context.fillStyle = colour(frame);
    context.fillRect(x, y, wide, ROW_PX - GAP_PX);
    if (frame === at) {
      context.strokeStyle = tokenColour("--fl-accent");
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(1, wide - 2), ROW_PX - GAP_PX - 2);
    }
    if (wide < NAMED_PX) continue;
    context.save();
    context.beginPath();
    context.rect(x, y, wide - 4, ROW_PX);
    context.clip();
    context.fillStyle = ink;
    context.fillText(frame.name, x + 6, y + ROW_PX / 2);
    context.restore();
  }
}

/** Up to what is below, down to the widest above, sideways to the neighbour. */
function neighbour(at: Frame, key: string): Frame | undefined {
  const siblings = [...(at.parent?.children.values() ?? [])].sort((a, b) => b.value - a.value);
  const place = siblings.indexOf(at);
  if (key === "ArrowUp") return at.parent ?? undefined;
  if (key === "ArrowDown") return [...at.children.values()].sort((a, b) => b.value - a.value)[0];
  if (key === "ArrowRight") return siblings[place + 1];
  return key === "ArrowLeft" ? siblings[place - 1] : undefined;
}

const useColours = (tree: SpanTree) => {
  const scheme = useComputedColorScheme();
  return useMemo(() => {
    const hues = huesOf([...new Set(tree.agentOf)].slice(0, 64));
    const panel = tokenColour("--fl-panel");
    // Text stands on the boxes, so they keep to the side of the ground.
    const share = scheme === "dark" ? 58 : 66;
    return ({ agent, errors, spans }: Frame) =>
      mixHex(
        tokenColour(
          errors > 0 && errors === spans ? "--fl-unhealthy" : `--fl-${hues.get(agent) ?? 1}`,
        ),
        panel,
        share,
      );
  }, [tree, scheme]);
};

interface FlameProps {
  tree: SpanTree;
  onPick: (span: string) => void;
}

/** The box that is looked at alone, and the one under the pointer or the keys. */
const useZoom = (root: Frame) => {
  const [zoomed, setZoomed] = useState<Frame>(root);
  const [over, setOver] = useState<Frame>(root);
  let top = zoomed;
  while (top.parent !== null) top = top.parent;
  const reset = () => {
    setZoomed(root);
    setOver(root);
  };
  // The run went on: the picture is of another tree now.
  if (top !== root) reset();
  const boxes = useMemo(() => boxesOf(zoomed), [zoomed]);
  const onKey = (event: KeyboardEvent) => {
    const next = neighbour(over, event.key);
    if (next !== undefined) {
      setOver(next);
      if (!boxes.some(({ frame }) => frame === next)) setZoomed(next);
    } else if (event.key === "Enter") setZoomed(over);
    else if (event.key === "Escape" && zoomed !== root) reset();
    else return;
    event.preventDefault();
  };
  return { zoomed, setZoomed, over, setOver, boxes, onKey };
};

const Picture = ({ tree, root, onPick }: FlameProps & { root: Frame }) => {
  const { zoomed, setZoomed, over, setOver, boxes, onKey } = useZoom(root);
  const { ref, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colour = useColours(tree);
  useLayoutEffect(() => {
    if (canvas.current !== null && width > 0)
      draw(canvas.current, width, { boxes, colour, at: over });
  }, [boxes, colour, over, width]);
  const under = (event: PointerEvent | React.MouseEvent): Frame | undefined => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - left) / width;
    const row = Math.floor((event.clientY - top) / ROW_PX);
    return boxes.find((box) => box.row === row && x >= box.left && x <= box.left + box.width)
      ?.frame;
  };
  return (
    <Panel
      title="Where the time goes"
      aside={
        zoomed !== root && (
          <Button size="compact-xs" variant="default" onClick={() => setZoomed(root)}>
            Whole run
          </Button>
        )
      }
    >
      <p className={classes["hint"]}>
        Spans of one name are added up below what called them. Work side by side counts each time.
        Click a box, or use the arrow keys and Enter, to look at it alone.
      </p>
      <div
        ref={ref}
        className={classes["flame"]}
        role="application"
        aria-roledescription="flame graph"
        aria-label={`Flame graph. ${words(over)}`}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <canvas
          ref={canvas}
          aria-hidden
          onPointerMove={(event) => setOver(under(event) ?? over)}
          onClick={(event) => setZoomed(under(event) ?? zoomed)}
        />
      </div>
      <p className={classes["said"]} aria-live="polite">
        {words(over)}
        {over.spanId !== "" && (
          <button type="button" className={classes["link"]} onClick={() => onPick(over.spanId)}>
            Open a span of it
          </button>
        )}
      </p>
    </Panel>
  );
};

/** Where the time of a run goes: the flame graph, and the same as a table. */
export const Flame = ({ tree, onPick }: FlameProps) => {
  const root = useSliced(useMemo(() => () => flameSteps(tree), [tree]));
  if (root === undefined) return <SkeletonRows rows={8} height={ROW_PX} />;
  const most = heaviest(root, HEAVIEST);
  return (
    <>
      <Picture tree={tree} root={root} onPick={onPick} />
      <Panel title="What takes most itself" flush>
        <div className={classes["scroll"]}>
          <table className={table["table"]}>
            <thead>
              <tr>
                <th>Span</th>
                <th>Agent</th>
                <th className={table["right"]}>Spans</th>
                <th className={table["right"]}>Own time</th>
                <th className={table["right"]}>Share</th>
              </tr>
            </thead>
            <tbody>
              {most.map((frame) => (
                <tr key={`${frame.spanId}/${frame.depth}`} className={table["row"]}>
                  <td>
                    <button
                      type="button"
                      className={classes["cell"]}
                      onClick={() => onPick(frame.spanId)}
                    >
                      {frame.name}
                    </button>
                  </td>
                  <td>{frame.agent || <span className="dim">no agent</span>}</td>
                  <td className={`${table["right"]} num`}>{formatCount(frame.spans)}</td>
                  <td className={`${table["right"]} num`}>{formatValue(frame.self, "seconds")}</td>
                  <td className={`${table["right"]} num`}>
                    {formatValue(frame.self / Math.max(root.value, 1e-9), "ratio")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
};
