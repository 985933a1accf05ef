export { LiveTraces } from "./live-traces.ts";
export type { LiveSpan, PaidSpan, TraceUpdate } from "./types.ts";
