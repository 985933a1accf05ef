export type { GraphRange } from "./graph-of.ts";
export { createFleetQueries, MAX_FRAMES, type FleetQueries, type LiveGraph } from "./queries.ts";
