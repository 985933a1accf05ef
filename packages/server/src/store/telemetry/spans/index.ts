export { costOf } from "./cost.ts";
export { MemorySpans } from "./memory-spans.ts";
export type { SpanTables } from "./span-tables.ts";
export { Spans } from "./spans.ts";
export { SqlSpans } from "./sql-spans.ts";
export type { SpanContent, SpanRecord, SpanRow, SpanStore, TraceQuery } from "./types.ts";
