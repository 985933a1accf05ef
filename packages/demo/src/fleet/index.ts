export { startFleet } from "./fleet.ts";
export type { Fleet } from "./fleet.ts";
