import type uPlot from "uplot";

import { tokenColour } from "./colours.ts";

/** A sample that names one request; Unix milliseconds. */
export interface ExemplarMark {
  timeMs: number;
  value: number;
}

const SIZE_PX = 4.5;
/** How near a click has to be. */
const REACH_PX = 10;

/** Where an exemplar is drawn, in CSS pixels of the plot; a value beyond the axis sits at its edge. */
const placeOf = (plot: uPlot, { timeMs, value }: ExemplarMark): { x: number; y: number } => {
  const { height } = plot.bbox;
  const bottom = height / (window.devicePixelRatio || 1);
  const y = plot.valToPos(value, "y");
  return {
    x: plot.valToPos(timeMs / 1000, "x"),
    y: Math.min(bottom - 4, Math.max(4, Number.isFinite(y) ? y : bottom)),
  };
};

/** The exemplar next to a place, or -1. */
export const nearest = (
  places: readonly { x: number; y: number }[],
  at: { x: number; y: number },
  reach = REACH_PX,
): number => {
  let best = -1;
  let least = reach;
  for (const [index, { x, y }] of places.entries()) {
    const distance = Math.hypot(x - at.x, y - at.y);
    if (distance > least) continue;
    least = distance;
    best = index;
  }
  return best;
};

/** Draws exemplars as diamonds above the lines and says which one was clicked. */
export const exemplarPlugin = (
  read: () => readonly ExemplarMark[],
  onPick: (index: number) => void,
): uPlot.Plugin => ({
  hooks: {
    draw: (plot) => {
      const marks = read();
      if (marks.length === 0) return;
      const { ctx, bbox } = plot;
      const ratio = window.devicePixelRatio || 1;
      const size = SIZE_PX * ratio;
      ctx.save();
      ctx.fillStyle = tokenColour("--fl-accent");
      ctx.strokeStyle = tokenColour("--fl-panel");
      ctx.lineWidth = 1.5 * ratio;
      for (const mark of marks) {
        const place = placeOf(plot, mark);
        const x = bbox.left + place.x * ratio;
        const y = bbox.top + place.y * ratio;
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.beginPath();
        ctx.moveTo(x, y - size);
        ctx.lineTo(x + size, y);
        ctx.lineTo(x, y + size);
        ctx.lineTo(x - size, y);
        ctx.closePath();
        ctx.fill();
        ctx.stroke();
      }
      ctx.restore();
    },
    init: (plot) => {
      plot.over.addEventListener("click", ({ offsetX, offsetY }) => {
        const places = read().map((mark) => placeOf(plot, mark));
        const picked = nearest(places, { x: offsetX, y: offsetY });
        if (picked !== -1) onPick(picked);
      });
    },
  },
});
