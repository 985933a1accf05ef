export * from "./recording/index.ts";
export { createRules, type Rules } from "./rules.ts";
export type { ActiveEvaluation, Evaluation, ResolvedEvaluation, RuleDefinition } from "./types.ts";
