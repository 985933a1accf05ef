import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";

/** Milliseconds between two looks at the event loop; a finer grain would cost measurable CPU in an idle process. */
const LAG_RESOLUTION_MS = 50;
/** A window is closed by the first reading after this many milliseconds, so that several scrapers see the same figures. */
const LAG_WINDOW_MS = 10_000;

/** Delay of the event loop in the current window, in seconds; zeros before the first measurement. */
export type EventLoopLag = { mean: number; p50: number; p99: number; max: number };

export type GarbageCollection = {
  kind: "minor" | "major" | "incremental" | "weakcb";
  seconds: number;
};

type GcListener = (collection: GarbageCollection) => void;

// Bits of `performanceEntry.detail.kind`: perf_hooks.constants.NODE_PERFORMANCE_GC_*.
const GC_KINDS: Record<number, GarbageCollection["kind"]> = {
  1: "minor",
  2: "minor",
  4: "major",
  8: "incremental",
  16: "weakcb",
};

/** The event loop and the garbage collector belong to the process, so all registries share one observer of each. */
class RuntimeSources {
  #users = 0;
  #lag: ReturnType<typeof monitorEventLoopDelay> | null = null;
  #windowStart = 0;
  #observer: PerformanceObserver | null = null;
  readonly #listeners = new Set<GcListener>();

  /** Starts observing with the first user; the function it answers stops with the last. */
  use(onCollection: GcListener): () => void {
    this.#listeners.add(onCollection);
    if (++this.#users === 1) this.#start();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#listeners.delete(onCollection);
      if (--this.#users === 0) this.#stop();
    };
  }

  /** @param now Milliseconds. */
  lag(now: number): EventLoopLag {
    const lag = this.#lag;
    if (lag === null || lag.count === 0) return { mean: 0, p50: 0, p99: 0, max: 0 };
    // The histogram holds the time between two ticks of its timer; what exceeds the timer's period is lag.
    const seconds = (nanoseconds: number) =>
      Math.max(0, nanoseconds / 1e9 - LAG_RESOLUTION_MS / 1000);
    const reading = {
      mean: seconds(lag.mean),
      p50: seconds(lag.percentile(50)),
      p99: seconds(lag.percentile(99)),
      max: seconds(lag.max),
    };
    if (now - this.#windowStart >= LAG_WINDOW_MS) {
      lag.reset();
      this.#windowStart = now;
    }
    return reading;
  }

  #start(): void {
    this.#lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
    this.#lag.enable();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind } = (entry as unknown as { detail?: { kind?: number } }).detail ?? {};
        const collection = { kind: GC_KINDS[kind ?? 0] ?? "minor", seconds: entry.duration / 1000 };
        for (const listener of this.#listeners) listener(collection);
      }
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  #stop(): void {
    this.#lag?.disable();
    this.#lag = null;
    this.#observer?.disconnect();
    this.#observer = null;
  }
}

export const runtimeSources = new RuntimeSources();
