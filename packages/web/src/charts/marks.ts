import type uPlot from "uplot";

import { tokenColour } from "./colours.ts";

/** A line across the chart at a value, with the side of it that is bad shaded. */
export interface Threshold {
  value: number;
  /** `>` and `>=` shade above, `<` and `<=` below, anything else shades nothing. */
  condition: string;
  label: string;
}

/** A moment worth a line: when an alert fired, when a service came back. `token` is a colour of tokens.css. */
export interface Mark {
  at: number;
  label: string;
  token: string;
}

/** A stretch of time to shade, Unix milliseconds. */
export interface Band {
  from: number;
  to: number;
  token: string;
}

export interface Marks {
  threshold?: Threshold | undefined;
  marks?: Mark[] | undefined;
  bands?: Band[] | undefined;
}

const FONT_PX = 11;

const pixels = (): number => window.devicePixelRatio || 1;

const drawBands = (plot: uPlot, bands: Band[]): void => {
  const { ctx, bbox } = plot;
  for (const band of bands) {
    const from = plot.valToPos(band.from / 1000, "x", true);
    const to = plot.valToPos(band.to / 1000, "x", true);
    const left = Math.max(bbox.left, from - 2 * pixels());
    const right = Math.min(bbox.left + bbox.width, to + 2 * pixels());
    if (right <= left) continue;
    ctx.fillStyle = tokenColour(band.token);
    ctx.globalAlpha = 0.16;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top + bbox.height - 2 * pixels(), right - left, 2 * pixels());
  }
};

const FONT = (): string => `500 ${FONT_PX * pixels()}px Inter Variable, system-ui, sans-serif`;

/** Text on a ground of its own, so that lines below it do not make it unreadable. */
const drawLabel = (
  { ctx }: uPlot,
  label: string,
  colour: string,
  { left, top }: { left: number; top: number },
): void => {
  ctx.font = FONT();
  const width = ctx.measureText(label).width + 8 * pixels();
  ctx.fillStyle = tokenColour("--fl-panel");
  ctx.fillRect(left, top, width, 15 * pixels());
  ctx.fillStyle = colour;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(label, left + 4 * pixels(), top + 8 * pixels());
};

const drawThreshold = (plot: uPlot, { value, condition, label }: Threshold): void => {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(value, "y", true);
  if (!(y >= bbox.top && y <= bbox.top + bbox.height)) return;
  const colour = tokenColour("--fl-firing");
  if (/^[<>]/.test(condition)) {
    ctx.fillStyle = colour;
    ctx.globalAlpha = 0.07;
    const above = condition.startsWith(">");
    const top = above ? bbox.top : y;
    ctx.fillRect(bbox.left, top, bbox.width, above ? y - bbox.top : bbox.top + bbox.height - y);
    ctx.globalAlpha = 1;
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = pixels();
  ctx.setLineDash([5 * pixels(), 4 * pixels()]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  const above = y - bbox.top > 20 * pixels();
  ctx.font = FONT();
  drawLabel(plot, label, colour, {
    left: bbox.left + bbox.width - ctx.measureText(label).width - 8 * pixels(),
    top: above ? y - 18 * pixels() : y + 3 * pixels(),
  });
};

const drawMark = (plot: uPlot, mark: Mark, row: number): void => {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(mark.at / 1000, "x", true);
  if (!(x >= bbox.left && x <= bbox.left + bbox.width)) return;
  const colour = tokenColour(mark.token);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * pixels();
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = FONT();
  const width = ctx.measureText(mark.label).width;
  const roomRight = x + width + 10 < bbox.left + bbox.width;
  const left = roomRight ? x + 2 : x - width - 10 * pixels();
  drawLabel(plot, mark.label, colour, { left, top: bbox.top + (2 + row * 17) * pixels() });
};

/** Draws below the lines what `read` answers at that moment. */
export const marksPlugin = (read: () => Marks): uPlot.Plugin => ({
  hooks: {
    drawAxes: (plot) => drawBands(plot, read().bands ?? []),
    draw: (plot) => {
      const { threshold, marks = [] } = read();
      plot.ctx.save();
      if (threshold !== undefined) drawThreshold(plot, threshold);
      for (const [row, mark] of marks.entries()) drawMark(plot, mark, row % 3);
      plot.ctx.restore();
    },
  },
});
