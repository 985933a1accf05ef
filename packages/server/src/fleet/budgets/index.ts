export { Budgets } from "./budgets.ts";
