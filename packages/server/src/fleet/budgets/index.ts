export { Budgets } from "./budgets.ts";
export { RUNAWAY, type Asking } from "./stops.ts";
