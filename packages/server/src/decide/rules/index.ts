export { createRules, type Rules, type RulesStats } from "./rules.ts";
