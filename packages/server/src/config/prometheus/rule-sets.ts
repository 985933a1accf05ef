import { fileURLToPath } from "node:url";

import { z } from "zod";

/** Sets of alert rules that come with Fleetlight, each a rule file beside the profile that it is for. */
const RULE_SETS = ["agent-lightning", "tensorfleet", "maos", "agent-hive", "coordination"] as const;

export const ruleSets = () =>
  z
    .array(z.enum(RULE_SETS))
    .max(RULE_SETS.length)
    .default([])
    .describe(
      "Sets of alert rules that come with Fleetlight and are in force; see docs/alert-rules.md.",
    );

const PROFILES = new URL("../../../../../profiles/", import.meta.url);

/** Paths of the rule files of these sets, each once. */
export const ruleSetFiles = (sets: readonly string[]): string[] =>
  Array.from(new Set(sets), (set) => fileURLToPath(new URL(`${set}/rules/alerts.yml`, PROFILES)));
