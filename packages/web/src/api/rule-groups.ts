import { queryOptions } from "@tanstack/react-query";

import { get } from "./client.ts";
import { paths } from "./paths.ts";

/** An alerting rule as Prometheus' API shows it. */
export interface GroupRule {
  name: string;
  query: string;
  state: "inactive" | "pending" | "firing";
  duration: number;
  keepFiringFor: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  health: "ok" | "err" | "unknown";
  lastError?: string;
  evaluationTime: number;
  lastEvaluation: string;
}

export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  evaluationTime: number;
  lastEvaluation: string;
  rules: GroupRule[];
}

/** Groups of alerting rules, without their alerts. */
export const ruleGroupsQuery = () =>
  queryOptions({
    queryKey: ["rule-groups"],
    queryFn: async ({ signal }) => {
      const answer = await get<{ data: { groups: RuleGroup[] } }>(paths.ruleGroups(), signal);
      return answer.data.groups;
    },
    refetchInterval: 10_000,
  });
