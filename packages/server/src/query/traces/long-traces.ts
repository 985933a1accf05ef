import type { SpanStore } from "#store";

import { figuresOf, type LongFigures } from "./long-trace.ts";
import { wholeColumns } from "./whole.ts";

/** Spans of one trace that are looked at. */
const MAX_SPANS = 2_000_000;
/** Traces whose figures are remembered. */
const MAX_TRACES = 100;
/** Figures are this old at most, or so many times as old as finding them took: pages ask every few seconds. */
const LEAST_AGE_MS = 3000;
const AGE_TIMES = 20;

interface Known {
  figures: Promise<LongFigures>;
  untilMs: number;
}

/** Figures of traces that are long: found over columns, and remembered for a while in proportion to their cost. */
export class LongTraces {
  private readonly spans: SpanStore;
  private readonly known = new Map<string, Known>();

  constructor(spans: SpanStore) {
    this.spans = spans;
  }

  figures(tenant: string, traceId: string): Promise<LongFigures> {
    const key = `${tenant}\0${traceId}`;
    const found = this.known.get(key);
    if (found !== undefined && found.untilMs > performance.now()) return found.figures;
    const startMs = performance.now();
    const known: Known = { figures: this.find(tenant, traceId), untilMs: Infinity };
    this.known.delete(key);
    this.known.set(key, known);
    known.figures.then(
      () => {
        const nowMs = performance.now();
        known.untilMs = nowMs + Math.max(LEAST_AGE_MS, (nowMs - startMs) * AGE_TIMES);
      },
      () => this.known.delete(key),
    );
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_TRACES && oldest !== undefined) this.known.delete(oldest);
    return known.figures;
  }

  private async find(tenant: string, traceId: string): Promise<LongFigures> {
    return figuresOf(await wholeColumns(this.spans, tenant, traceId, MAX_SPANS));
  }
}
