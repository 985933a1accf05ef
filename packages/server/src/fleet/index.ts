export * from "./graph/index.ts";
export * from "./budgets/index.ts";
export * from "./live/index.ts";
