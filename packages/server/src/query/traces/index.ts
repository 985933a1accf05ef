export { analysedOf } from "./analysed.ts";
export { createTraceQueries, type TraceQueries } from "./queries.ts";
