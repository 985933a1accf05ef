export * from "./agents/index.ts";
export * from "./graph/index.ts";
export * from "./budgets/index.ts";
export * from "./coordination/index.ts";
export * from "./live/index.ts";
export * from "./log-figures/index.ts";
export * from "./span-metrics/index.ts";
export { EventTeller } from "./outlet/index.ts";
