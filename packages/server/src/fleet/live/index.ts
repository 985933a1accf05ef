export { agentAbove } from "./agent-above.ts";
export { LiveTraces } from "./live-traces.ts";
export { Patience } from "./patience.ts";
export type { LiveSpan, PaidSpan, TraceUpdate } from "./types.ts";
