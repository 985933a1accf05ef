import type { Alert } from "@fleetlight/contract";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { rulesQuery } from "../../api/queries.ts";
import { formatDateTime, formatWhen } from "../../format/time.ts";
import { useNow } from "../../live/live.tsx";
import { Facts, LabelChips, Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import type { AlertRow } from "./alert-rows.ts";
import { linksOf } from "./alert-view.ts";
import classes from "./alert-page.module.css";

/** Annotations that stand in places of their own. */
const TOLD = new Set(["summary", "description", "message", "runbook_url", "runbook", "owner"]);

const When = ({ at }: { at: string }) => {
  const now = useNow(60_000);
  return (
    <span className="num" title={formatDateTime(Date.parse(at))}>
      {formatWhen(Date.parse(at), now)}, <Ago at={at} />
    </span>
  );
};

const RuleLink = ({ id }: { id: string }) => {
  const rule = useQuery(rulesQuery()).data?.rules.find((one) => one.id === id);
  return (
    <Link
      to="/dashboard/alerts/rules/$ruleId"
      params={{ ruleId: id }}
      className={classes["textLink"]}
    >
      {rule?.name ?? id}
    </Link>
  );
};

const factsOf = (row: AlertRow, alert: Alert | null): [string, ReactNode][] => {
  const owner = row.labels["owner"] ?? row.annotations["owner"] ?? row.labels["team"];
  const facts: [string, ReactNode][] = [];
  if (alert === null) facts.push(["Began", <When key="began" at={row.since} />]);
  else {
    facts.push(["Crossed", <When key="crossed" at={alert.active_at} />]);
    if (alert.fired_at !== null) facts.push(["Fired", <When key="fired" at={alert.fired_at} />]);
    if (alert.keep_firing_since !== null)
      facts.push(["Kept firing since", <When key="kept" at={alert.keep_firing_since} />]);
    if (alert.resolved_at !== null)
      facts.push(["Resolved", <When key="resolved" at={alert.resolved_at} />]);
    facts.push(["Rule", <RuleLink key="rule" id={alert.rule_id} />]);
  }
  if (alert === null) facts.push(["Raised by", "another system"]);
  if (owner !== undefined) facts.push(["Owner", owner]);
  for (const [name, text] of Object.entries(row.annotations))
    if (!TOLD.has(name)) facts.push([name, text]);
  return facts;
};

/** What it means, in the words of whoever wrote the rule, and where to read on. */
export const AlertWords = ({ row, alert }: { row: AlertRow; alert: Alert | null }) => {
  const { summary, description, message } = row.annotations;
  const links = linksOf({ ...row.labels, ...row.annotations });
  return (
    <Panel
      title="What happened"
      aside={links.map(({ word, href }) => (
        <a
          key={href}
          href={href}
          target="_blank"
          rel="noreferrer noopener"
          className={classes["textLink"]}
        >
          {word} <IconExternalLink size={13} aria-hidden />
        </a>
      ))}
    >
      {summary !== undefined && <p className={classes["summary"]}>{summary}</p>}
      {(description ?? message) !== undefined && (
        <p className={classes["description"]}>{description ?? message}</p>
      )}
      <Facts rows={factsOf(row, alert)} />
    </Panel>
  );
};

export const AlertLabels = ({ labels }: { labels: Record<string, string> }) => (
  <Panel title="Labels">
    <LabelChips labels={labels} />
  </Panel>
);
