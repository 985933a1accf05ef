import type { AnalysedSpan, TraceAnalysis } from "#collect";
import type { SpanRow } from "#store";

/** What is remembered of a span of a trace that may go on. */
export interface LiveSpan extends AnalysedSpan {
  service: string;
  name: string;
  kind: number;
  /** Unix nanoseconds; `startNs` is in `span`. */
  endNs: bigint;
  ended: boolean;
  /** Of the arguments of a tool call or a task: equal texts have equal digests. Empty when it is neither, or has none. */
  argumentsDigest: string;
}

/** Usage that counts once and from now on, for the agent that it was spent on. */
export interface PaidSpan {
  row: SpanRow;
  agent: string;
}

/** What came of one trace since the last time. */
export interface TraceUpdate {
  tenant: string;
  traceId: string;
  /** All that is known of the trace, by span id. */
  spans: ReadonlyMap<string, LiveSpan>;
  analysis: TraceAnalysis;
  /** Whether all spans that are known have ended, all their parents have come, and all usage was told of. */
  isWhole: boolean;
  /** Those that were not known, or had not ended the last time: each span comes once or twice, and once as ended. */
  fresh: readonly SpanRow[];
  /** Each span with usage comes at most once: see `analyseTrace` for what is not counted twice. */
  paid: readonly PaidSpan[];
}
