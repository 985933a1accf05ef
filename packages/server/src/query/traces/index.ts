export { analysedOf } from "./analysed.ts";
export { leanSpanOf } from "./lean-view.ts";
export { createTraceQueries, type TraceQueries } from "./queries.ts";
export type { TraceSearch } from "./search.ts";
