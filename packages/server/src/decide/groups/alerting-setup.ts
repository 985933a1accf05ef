import { parsePromQL } from "@fleetlight/promql";

import type { AlertingRuleConfig } from "#config";
import { DEFAULT_TENANT } from "#lib";

import { planOf, type RuleSetup } from "../live/index.ts";
import { definitionOfFile } from "../rules/compile.ts";
import type { GroupDefinition } from "./group.ts";

/** An alert rule of a rule file as the engine takes it; `at` is its place in the group. */
export function setupOfFile(
  config: AlertingRuleConfig,
  { file, config: group, intervalMs, queryOffsetMs, ids, cooldownMs, flapping }: GroupDefinition,
  at: number,
): RuleSetup {
  const id = ids[at] ?? `${group.name}/${config.name}`;
  const definition = definitionOfFile(config, { id, file, group: group.name, cooldownMs });
  return {
    tenant: DEFAULT_TENANT,
    key: `${file};${id}`,
    definition,
    plan: () => planOf(parsePromQL(config.query)),
    spec: {
      forMs: config.forMs,
      keepFiringForMs: config.keepFiringForMs,
      limit: group.limit,
      flapping,
    },
    offsetMs: queryOffsetMs,
    intervalMs,
  };
}
