import type uPlot from "uplot";

/** A stretch of time that is looked at, Unix milliseconds. */
export interface View {
  from: number;
  to: number;
}

/** A view is never narrower than this. */
const LEAST_MS = 1000;
/** How much of the view one notch of the wheel takes away or adds. */
const NOTCH = 0.2;
/** The wheel has come to rest after this long; only then the server is asked. */
const REST_MS = 250;

/** A view moved by a part of its width; positive is later. */
export const moved = ({ from, to }: View, part: number): View => {
  const by = Math.round((to - from) * part);
  return { from: from + by, to: to + by };
};

/** A view made wider (`factor` above 1) or narrower around a place in it, 0 to 1. */
export const zoomed = ({ from, to }: View, factor: number, place = 0.5): View => {
  const width = Math.max(LEAST_MS, (to - from) * factor);
  const fixed = from + (to - from) * place;
  const start = Math.round(Math.max(0, fixed - width * place));
  return { from: start, to: Math.round(start + width) };
};

interface Handlers {
  read: () => View;
  onView: ((view: View) => void) | undefined;
}

/**
 * Lets the pointer move the time axis: drag with Shift pans, the wheel with Ctrl or Cmd zooms. The picture follows at
 * once from what is loaded, once per frame; `onView` hears of it when the hand rests.
 */
export class ViewMover {
  /** Where the hand has moved the view to; null as long as it has not. */
  own: View | null = null;
  #plot: uPlot | null = null;
  #read: () => Handlers;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | null = null;

  constructor(read: () => Handlers) {
    this.#read = read;
  }

  get busy(): boolean {
    return this.#stop !== null || this.#rest !== undefined;
  }

  /** Goes back to the view that it is given, unless a hand is on it. */
  release(): void {
    if (!this.busy) this.own = null;
  }

  attach(plot: uPlot): () => void {
    this.#plot = plot;
    const onWheel = (event: WheelEvent) => this.#wheel(event);
    plot.over.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      plot.over.removeEventListener("wheel", onWheel);
      this.#stop?.();
      clearTimeout(this.#rest);
      this.#rest = undefined;
      cancelAnimationFrame(this.#frame);
      this.#plot = null;
    };
  }

  /** Begins to pan; the pointer is followed wherever it goes until its button is let go. */
  grab(event: MouseEvent): void {
    const plot = this.#plot;
    if (plot === null || this.#read().onView === undefined) return;
    const start = event.clientX;
    const view = this.#view();
    const onMove = ({ clientX }: MouseEvent) =>
      this.#show(moved(view, (start - clientX) / plot.over.clientWidth));
    const onUp = () => {
      this.#stop?.();
      this.#tell();
    };
    document.addEventListener("mousemove", onMove);
    document.addEventListener("mouseup", onUp);
    this.#stop = () => {
      document.removeEventListener("mousemove", onMove);
      document.removeEventListener("mouseup", onUp);
      this.#stop = null;
    };
  }

  #view(): View {
    return this.own ?? this.#read().read();
  }

  #wheel(event: WheelEvent): void {
    const plot = this.#plot;
    if (plot === null || !(event.ctrlKey || event.metaKey)) return;
    if (this.#read().onView === undefined) return;
    event.preventDefault();
    const { left, width } = plot.over.getBoundingClientRect();
    const factor = event.deltaY > 0 ? 1 + NOTCH : 1 / (1 + NOTCH);
    this.#show(zoomed(this.#view(), factor, (event.clientX - left) / width));
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#tell();
    }, REST_MS);
  }

  #show(view: View): void {
    this.own = view;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const { from, to } = this.#view();
      this.#plot?.setScale("x", { min: from / 1000, max: to / 1000 });
    });
  }

  #tell(): void {
    if (this.own !== null) this.#read().onView?.(this.own);
  }
}
