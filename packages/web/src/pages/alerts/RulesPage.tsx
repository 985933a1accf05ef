import type { AlertRule } from "@fleetlight/contract";
import { Switch } from "@mantine/core";
import { IconAlertTriangleFilled } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { alertsQuery, keys, rulesQuery } from "../../api/queries.ts";
import { plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "./AlertTabs.tsx";
import { NewRuleButton } from "./AlertsPage.tsx";
import classes from "./alerts.module.css";
import { conditionText } from "./rule-form.ts";

const ORIGINS = { api: "API", config: "configuration", builtin: "built in" };

/** Turns a rule on or off at once, and back when the server refuses. */
const useEnable = () => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      request<AlertRule>("PATCH", paths.rule(id), { body: { enabled } }),
    onMutate: ({ id, enabled }) => {
      const before = cache.getQueryData<{ rules: AlertRule[]; count: number }>(keys.rules);
      if (before !== undefined) {
        const rules = before.rules.map((rule) => (rule.id === id ? { ...rule, enabled } : rule));
        cache.setQueryData(keys.rules, { ...before, rules });
      }
      return before;
    },
    onError: (_error, _change, before) => cache.setQueryData(keys.rules, before),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.rules }),
  });
};

type Enable = ReturnType<typeof useEnable>;

const RuleRow = ({
  rule,
  active,
  enable,
}: {
  rule: AlertRule;
  active: "firing" | "pending" | undefined;
  enable: Enable;
}) => (
  <li className={classes["rule"]} data-off={!rule.enabled || undefined}>
    <Switch
      className={classes["switch"] ?? ""}
      checked={rule.enabled}
      onChange={(event) => enable.mutate({ id: rule.id, enabled: event.currentTarget.checked })}
      aria-label={`${rule.name} is enabled`}
      size="sm"
    />
    <div className={classes["ruleWhat"]}>
      <Link
        to="/dashboard/alerts/rules/$ruleId"
        params={{ ruleId: rule.id }}
        className={classes["ruleName"]}
        data-list-item
      >
        {rule.name}
      </Link>
      <div className={classes["ruleCondition"]} title={conditionText(rule)}>
        {conditionText(rule)}
      </div>
      {rule.evaluation.error !== null && (
        <div className={classes["ruleError"]}>
          <IconAlertTriangleFilled size={13} aria-hidden /> {rule.evaluation.error}
        </div>
      )}
    </div>
    <div className={classes["ruleState"]}>
      {active !== undefined && <StateMark state={active} />}
      {active === undefined && (
        <span className="dim num">
          {rule.enabled ? `watches ${plural(rule.evaluation.series, "series", "series")}` : "off"}
        </span>
      )}
    </div>
    <SeverityMark severity={rule.severity} />
    <span className={classes["ruleOrigin"]}>{ORIGINS[rule.origin]}</span>
  </li>
);

/** What is watched. */
export const RulesPage = () => {
  useListKeys();
  const { data, error } = useQuery(rulesQuery());
  const alerts = useQuery(alertsQuery()).data?.active_alerts ?? [];
  const enable = useEnable();
  const rules = (data?.rules ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  const activeOf = (id: string) => {
    const own = alerts.filter((alert) => alert.rule_id === id);
    if (own.some(({ state }) => state === "firing")) return "firing";
    return own.length > 0 ? "pending" : undefined;
  };
  return (
    <Page
      title="Alerts"
      lead="What is watched, and when does it become an alert?"
      actions={<NewRuleButton />}
    >
      <AlertTabs />
      {enable.error !== null && <Failure what="The rule was not changed" error={enable.error} />}
      <div className={classes["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The rules could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={6} height={56} />}
        {data?.rules.length === 0 && (
          <Empty title="No rule yet">
            <p>A rule watches one metric and says from which value on somebody should be told.</p>
          </Empty>
        )}
        <ul>
          {rules.map((rule) => (
            <RuleRow key={rule.id} rule={rule} active={activeOf(rule.id)} enable={enable} />
          ))}
        </ul>
      </div>
    </Page>
  );
};
