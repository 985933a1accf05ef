export { agentAbove } from "./agent-above.ts";
export { hasUsage, LiveTraces } from "./live-traces.ts";
export { Tally } from "./tally.ts";
export type { LiveSpan, PaidSpan, TraceUpdate } from "./types.ts";
