export { createOnCallRoom, type OnCallRoom } from "./compose.ts";
export type { Care } from "./actions.ts";
export { relatedServices } from "./related.ts";
export { maosSeverity } from "./severity.ts";
export type { Incidents } from "./types.ts";
