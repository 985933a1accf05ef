export { FleetGraph } from "./fleet-graph.ts";
