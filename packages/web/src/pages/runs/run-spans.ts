import type { LeanSpan } from "@fleetlight/contract";
import {
  emptyColumns,
  joinColumns,
  NO_SPAN_SHAPE,
  SPAN_COLUMN_KEYS,
  spanFlags,
  type SpanColumns,
  type SpanShape,
} from "@fleetlight/contract/span-columns";

import { IdIndex } from "./id-index.ts";

/** What the pictures of a run need of a span; the rest is asked for when somebody looks at it. */
export type RunSpan = LeanSpan;

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUSES = [undefined, "ok", "error"] as const;

/** Texts of a shape that a span leaves out when they are empty. */
const TEXTS = ["host", "operation", "agent", "peer", "tool", "model", "error_type"] as const;

/** Objects that are kept; a screen shows some fifty. */
const MAX_MADE = 2000;

const hexOf = (id: bigint): string => id.toString(16).padStart(16, "0");

/** What its flags say of a span, as far as it is not the usual. */
function stateOf(flags: number): Pick<RunSpan, "kind" | "status" | "ended"> {
  const [kind, status] = [spanFlags.kind(flags), STATUSES[spanFlags.status(flags)]];
  return {
    ...(kind > 1 && { kind: KINDS[kind] ?? "unspecified" }),
    ...(status !== undefined && { status }),
    ...(!spanFlags.ended(flags) && { ended: false }),
  };
}

function usageOf(
  { inputTokens, outputTokens, costs }: SpanColumns,
  place: number,
): Pick<RunSpan, "input_tokens" | "output_tokens" | "cost_usd"> {
  const [input, output] = [inputTokens[place] ?? 0, outputTokens[place] ?? 0];
  const cost = costs[place] ?? Number.NaN;
  return {
    ...(input > 0 && { input_tokens: input }),
    ...(output > 0 && { output_tokens: output }),
    ...(!Number.isNaN(cost) && { cost_usd: cost }),
  };
}

/** The spans of a run, in no order, as columns: objects are made only of those that are looked at. */
export class RunSpans {
  readonly columns: SpanColumns;
  /** Spans that were looked at: the same object again tells a row that nothing of it has changed. */
  readonly #made = new Map<number, RunSpan>();

  constructor(columns: SpanColumns) {
    this.columns = columns;
  }

  get length(): number {
    return this.columns.spanIds.length;
  }

  shape(place: number): SpanShape {
    return this.columns.shapes[this.columns.shapeOf[place] ?? 0] ?? NO_SPAN_SHAPE;
  }

  idOf(place: number): string {
    return hexOf(this.columns.spanIds[place] ?? 0n);
  }

  seconds(place: number): number {
    return (this.columns.durations[place] ?? 0) / 1e9;
  }

  hasFailed(place: number): boolean {
    return spanFlags.status(this.columns.flags[place] ?? 0) === 2;
  }

  goesOn(place: number): boolean {
    return !spanFlags.ended(this.columns.flags[place] ?? 0);
  }

  at(place: number): RunSpan | undefined {
    const known = this.#made.get(place);
    if (known !== undefined) return known;
    const span = this.#make(place);
    if (this.#made.size >= MAX_MADE) this.#made.clear();
    if (span !== undefined) this.#made.set(place, span);
    return span;
  }

  #make(place: number): RunSpan | undefined {
    const { columns } = this;
    const id = columns.spanIds[place];
    if (id === undefined) return undefined;
    const shape = this.shape(place);
    const flags = columns.flags[place] ?? 0;
    const span: RunSpan = {
      span_id: hexOf(id),
      name: shape.name,
      service: shape.service,
      start_ns: String(columns.starts[place]),
      duration_seconds: this.seconds(place),
    };
    const parent = columns.parentIds[place] ?? 0n;
    if (parent !== 0n) span.parent_span_id = hexOf(parent);
    for (const key of TEXTS) if (shape[key] !== "") span[key] = shape[key];
    return Object.assign(span, stateOf(flags), usageOf(columns, place));
  }

  /** These with news of some of them, and with new ones behind them. */
  with(news: readonly RunSpan[]): RunSpans {
    const fresh = columnsOf(news);
    const both = joinColumns([this.columns, fresh]);
    const places = new IdIndex(both.spanIds);
    const own = this.length;
    for (let place = 0; place < own; place++) places.add(place);
    let end = own;
    for (let place = own; place < both.spanIds.length; place++) {
      const known = places.placeOf(place);
      // A span that has ended does not go on again: the news of its beginning were late.
      if (known !== undefined && known < end && spanFlags.ended(both.flags[known] ?? 0)) continue;
      const into = known !== undefined && known < end ? known : end++;
      for (const key of SPAN_COLUMN_KEYS) both[key][into] = both[key][place] as never;
      places.add(into);
    }
    const cut = Object.fromEntries(SPAN_COLUMN_KEYS.map((key) => [key, both[key].slice(0, end)]));
    return new RunSpans({ ...both, ...cut });
  }
}

const idOf = (hex = ""): bigint => (hex === "" ? 0n : BigInt(`0x${hex}`));

/** Spans as columns, in the order in which they are given. */
export function columnsOf(spans: readonly RunSpan[]): SpanColumns {
  const shapes: SpanShape[] = [];
  const numbers = new Map<string, number>();
  const columns = emptyColumns(spans.length, shapes);
  for (const [at, span] of spans.entries()) {
    const texts = Object.fromEntries(TEXTS.map((key) => [key, span[key] ?? ""]));
    const shape = { ...NO_SPAN_SHAPE, ...texts, name: span.name, service: span.service };
    const words = JSON.stringify(shape);
    let number = numbers.get(words);
    if (number === undefined) {
      number = shapes.push(shape) - 1;
      numbers.set(words, number);
    }
    const status = span.status === "error" ? 2 : span.status === "ok" ? 1 : 0;
    columns.spanIds[at] = idOf(span.span_id);
    columns.parentIds[at] = idOf(span.parent_span_id);
    columns.starts[at] = BigInt(span.start_ns);
    columns.durations[at] = span.duration_seconds * 1e9;
    columns.costs[at] = span.cost_usd ?? Number.NaN;
    columns.inputTokens[at] = span.input_tokens ?? 0;
    columns.outputTokens[at] = span.output_tokens ?? 0;
    columns.shapeOf[at] = number;
    columns.flags[at] = spanFlags.of(
      KINDS.indexOf(span.kind ?? "internal"),
      status,
      span.ended !== false,
    );
  }
  return columns;
}
