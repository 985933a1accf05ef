export type { Failure, ModelUsage, ValueCount } from "./analytics.ts";
export { costOf } from "./cost.ts";
export { hostOf } from "./lean.ts";
export { matches as matchesSpan } from "./matches.ts";
export { MemorySpans } from "./memory-spans.ts";
export type { SpanBlock } from "./span-block.ts";
export type { SpanTables } from "./span-tables.ts";
export { Spans } from "./spans.ts";
export type { SaidRow } from "./said.ts";
export { SqlSpans } from "./sql-spans.ts";
export { columnsOf, cursorBehind } from "./trace-columns.ts";
export type {
  LeanRow,
  ListedRow,
  SpanContent,
  SpanCursor,
  SpanListener,
  SpanRecord,
  SpanRow,
  SpanStore,
  TraceQuery,
} from "./types.ts";
export { TailSampler, type SamplingPolicy, type SamplingStats } from "./tail-sampler.ts";
