export { createTraceQueries, type TraceQueries } from "./queries.ts";
