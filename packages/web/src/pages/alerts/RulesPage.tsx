import type { AlertRule } from "@fleetlight/contract";
import { Button, Switch, TextInput } from "@mantine/core";
import { IconAlertTriangleFilled, IconSearch } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { keys, rulesQuery } from "../../api/queries.ts";
import { ruleGroupsQuery } from "../../api/rule-groups.ts";
import type { RulesSearch } from "../../app/alert-search.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { Ago } from "../../ui/time.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "./AlertTabs.tsx";
import classes from "./alerts.module.css";
import { FileRules } from "./FileRules.tsx";
import { NewRuleButton } from "./NewRuleButton.tsx";
import { conditionText } from "./rule-form.ts";

const route = getRouteApi("/dashboard/alerts/rules");

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

const Evaluated = ({ rule }: { rule: AlertRule }) => {
  const { last_at: at, last_duration_seconds: took, series } = rule.evaluation;
  if (!rule.enabled) return <span className="dim">off</span>;
  if (at === null) return <span className="dim">not evaluated</span>;
  return (
    <>
      <Ago at={at} />
      <span className="dim num">
        {plural(series, "series", "series")}
        {took !== null && `, ${formatValue(took, "seconds")}`}
      </span>
    </>
  );
};

const RuleRow = ({ rule, enable }: { rule: AlertRule; enable: Enable }) => (
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
      <div className={classes["ruleCondition"]} title={rule.query}>
        {conditionText(rule)}
      </div>
      {rule.evaluation.error !== null && (
        <div className={classes["ruleError"]}>
          <IconAlertTriangleFilled size={13} aria-hidden /> {rule.evaluation.error}
        </div>
      )}
    </div>
    <div className={classes["ruleState"]}>
      {rule.state !== "inactive" && rule.enabled && <StateMark state={rule.state} />}
      {rule.state === "inactive" && rule.enabled && <span className="dim">quiet</span>}
    </div>
    <span className={classes["ruleTimes"]}>
      <Evaluated rule={rule} />
    </span>
    <SeverityMark severity={rule.severity} />
    <span className={classes["ruleOrigin"]}>{ORIGINS[rule.origin]}</span>
  </li>
);

const SHOWS = {
  firing: "Firing",
  failing: "Failing",
  off: "Off",
} as const;

const passes = (rule: AlertRule, { q = "", show }: RulesSearch): boolean => {
  const text = `${rule.name} ${rule.id} ${rule.query} ${rule.severity}`.toLowerCase();
  if (!text.includes(q.toLowerCase())) return false;
  if (show === "firing") return rule.state === "firing" && rule.enabled;
  if (show === "failing") return rule.evaluation.error !== null;
  return show === "off" ? !rule.enabled : true;
};

const Filters = ({ rules, search }: { rules: readonly AlertRule[]; search: RulesSearch }) => {
  const navigate = route.useNavigate();
  const change = (next: RulesSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  return (
    <div className={classes["filters"]}>
      <TextInput
        className={classes["filterBox"] ?? ""}
        aria-label="Filter rules by name, id or expression"
        placeholder="Filter by name, id, expression"
        leftSection={<IconSearch size={15} />}
        value={search.q ?? ""}
        onChange={({ currentTarget: { value } }) => {
          const { q: _, ...rest } = search;
          change(value === "" ? rest : { ...rest, q: value });
        }}
      />
      {(Object.keys(SHOWS) as (keyof typeof SHOWS)[]).map((show) => (
        <Facet
          key={show}
          on={search.show === show}
          count={rules.filter((rule) => passes(rule, { show })).length}
          onToggle={() => {
            const { show: old, ...rest } = search;
            change(old === show ? rest : { ...rest, show });
          }}
        >
          {SHOWS[show]}
        </Facet>
      ))}
    </div>
  );
};

/** What is watched. */
export const RulesPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(rulesQuery());
  const groups = useQuery(ruleGroupsQuery()).data ?? [];
  const enable = useEnable();
  const all = (data?.rules ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  const rules = all.filter((rule) => passes(rule, search));
  const own = new Set(all.map(({ name }) => name));
  const files = groups
    .map((group) => ({ group, rules: group.rules.filter(({ name }) => !own.has(name)) }))
    .filter((one) => one.rules.length > 0);
  return (
    <Page
      title="Alert rules"
      lead="What is watched, and when does it become an alert?"
      actions={<NewRuleButton />}
    >
      <AlertTabs />
      <Filters rules={all} search={search} />
      {enable.error !== null && <Failure what="The rule was not changed" error={enable.error} />}
      <div className={classes["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The rules could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={6} height={56} />}
        {data?.rules.length === 0 && (
          <Empty title="No rule yet">
            <p>A rule says what is wrong, from when on, and how bad it is.</p>
          </Empty>
        )}
        {all.length > 0 && rules.length === 0 && (
          <Empty title="No rule matches these filters">
            <Button variant="default" onClick={() => void navigate({ search: {} })}>
              Show all {all.length}
            </Button>
          </Empty>
        )}
        <ul aria-label="Rules">
          {rules.map((rule) => (
            <RuleRow key={rule.id} rule={rule} enable={enable} />
          ))}
        </ul>
      </div>
      {search.show === undefined &&
        files.map(({ group, rules: read }) => (
          <FileRules key={`${group.file}/${group.name}`} group={group} rules={read} />
        ))}
    </Page>
  );
};
