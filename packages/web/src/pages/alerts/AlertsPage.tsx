import type { Alert } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconCircleCheck, IconHistory, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { alertHistoryQuery, alertsQuery, HISTORY_HOURS, rulesQuery } from "../../api/queries.ts";
import { plural } from "../../format/units.ts";
import { AlertRows } from "../../ui/alert-list.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { SEVERITIES } from "../../ui/state.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "./AlertTabs.tsx";
import classes from "./alerts.module.css";

/** Rows of the history that are drawn at first. */
const FIRST_ROWS = 100;

export const NewRuleButton = () => (
  <Button component={Link} to="/dashboard/alerts/rules/new" leftSection={<IconPlus size={16} />}>
    Create a rule
  </Button>
);

/** Firing before pending, severe before mild, new before old. */
const ranked = (alerts: Alert[]): Alert[] =>
  alerts.toSorted(
    (a, b) =>
      Number(b.state === "firing") - Number(a.state === "firing") ||
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      b.active_at.localeCompare(a.active_at),
  );

const Quiet = () => {
  const rules = useQuery(rulesQuery()).data?.rules;
  const watching = rules?.filter(({ enabled }) => enabled).length;
  return (
    <Empty
      icon={<IconCircleCheck size={30} stroke={1.5} />}
      title="Nothing is firing"
      {...(watching !== undefined && { waiting: `${plural(watching, "rule")} watching` })}
    >
      <p>An alert stands here from the moment a rule holds until it no longer does.</p>
    </Empty>
  );
};

/** What is wrong now. */
export const ActiveAlertsPage = () => {
  useListKeys();
  const { data, error } = useQuery(alertsQuery());
  const alerts = ranked(data?.active_alerts ?? []);
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const pending = alerts.length - firing;
  return (
    <Page
      title="Alerts"
      lead={
        alerts.length === 0
          ? "What is wrong now, and since when?"
          : [firing > 0 && `${firing} firing`, pending > 0 && `${pending} pending`]
              .filter(Boolean)
              .join(", ")
      }
      actions={<NewRuleButton />}
    >
      <AlertTabs />
      <div className={classes["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The alerts could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={5} height={54} />}
        {data !== undefined && alerts.length === 0 && <Quiet />}
        <AlertRows alerts={alerts} />
      </div>
    </Page>
  );
};

/** What was wrong lately. */
export const AlertHistoryPage = () => {
  useListKeys();
  const [shown, setShown] = useState(FIRST_ROWS);
  const { data, error } = useQuery(alertHistoryQuery());
  const alerts = (data?.alerts ?? []).toSorted((a, b) => b.active_at.localeCompare(a.active_at));
  return (
    <Page
      title="Alerts"
      lead={`What was wrong in the last ${HISTORY_HOURS} hours, and for how long?`}
      actions={<NewRuleButton />}
    >
      <AlertTabs />
      <div className={classes["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The history could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={6} height={54} />}
        {data !== undefined && alerts.length === 0 && (
          <Empty
            icon={<IconHistory size={30} stroke={1.5} />}
            title={`No alert in the last ${HISTORY_HOURS} hours`}
          />
        )}
        <AlertRows alerts={alerts.slice(0, shown)} />
      </div>
      {alerts.length > shown && (
        <Button variant="default" onClick={() => setShown(shown + FIRST_ROWS)}>
          Show {Math.min(FIRST_ROWS, alerts.length - shown)} more of {alerts.length}
        </Button>
      )}
    </Page>
  );
};
