import type { Alert } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { alertQuery } from "../../api/queries.ts";
import { formatDuration } from "../../format/time.ts";
import { reading } from "../../ui/alert-list.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { PanelOrPage } from "../../ui/panel-or-page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { Lasting } from "../../ui/time.tsx";
import { AlertActions } from "./AlertActions.tsx";
import { Deliveries } from "./AlertDeliveries.tsx";
import { AlertLabels, AlertWords } from "./AlertFacts.tsx";
import { AlertGraph } from "./AlertGraph.tsx";
import { AlertQuiet } from "./AlertQuiet.tsx";
import { AlertRoute } from "./AlertRoute.tsx";
import { AlertTimeline } from "./AlertTimeline.tsx";
import classes from "./alert-page.module.css";
import type { AlertRow } from "./alert-rows.ts";
import { quietWord, rowOfAlert } from "./alert-rows.ts";
import { useSharedAlerts } from "./use-alerts.ts";

const route = getRouteApi("/dashboard/alerts/$alertId");

const FINGERPRINT = /^[\da-f]{16}$/;

const Lead = ({ alert, row }: { alert: Alert | null; row: AlertRow }) => {
  const quiet = quietWord(row);
  const resolved = alert?.state === "resolved";
  return (
    <span className={classes["strip"]}>
      <StateMark state={resolved ? "resolved" : row.state} big />
      {quiet !== null && !resolved && <StateMark state={quiet} />}
      {resolved ? (
        <span className="num">
          lasted{" "}
          {formatDuration(
            Date.parse(alert.resolved_at ?? alert.updated_at) - Date.parse(alert.active_at),
          )}
        </span>
      ) : (
        <span>
          for <Lasting since={row.since} />
        </span>
      )}
      <SeverityMark severity={row.severity} />
      {alert !== null && alert.condition !== "" && <span className="num">{reading(alert)}</span>}
      {alert !== null && alert.service !== "" && (
        <Link
          to="/dashboard/services/$serviceId"
          params={{ serviceId: alert.service }}
          className={classes["textLink"]}
        >
          {alert.service}
        </Link>
      )}
    </span>
  );
};

interface FrameProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

const Frame = ({ title, lead, actions, children }: FrameProps) => (
  <PanelOrPage
    title={title}
    lead={lead}
    actions={actions}
    list={{ to: "/dashboard/alerts", name: "Alerts", search: route.useSearch() }}
    closeLabel="Close the alert"
  >
    {children}
  </PanelOrPage>
);

const Matter = ({ alert, row }: { alert: Alert | null; row: AlertRow }) => {
  const open = alert === null || alert.resolved_at === null;
  return (
    <Frame
      title={row.name}
      lead={<Lead alert={alert} row={row} />}
      actions={open ? <AlertActions row={row} /> : undefined}
    >
      {open && <AlertQuiet row={row} />}
      <AlertWords row={row} alert={alert} />
      {alert !== null && <AlertGraph alert={alert} />}
      <AlertLabels labels={row.labels} />
      <AlertRoute labels={row.labels} />
      <Deliveries id={row.key} fingerprint={row.fingerprint} />
      <AlertTimeline row={row} alert={alert} />
    </Frame>
  );
};

/** One alert: what, since when, how the value went, who was told and why them. */
export const AlertPage = () => {
  const { alertId } = route.useParams();
  const active = useSharedAlerts();
  const outside = FINGERPRINT.test(alertId);
  const own = useQuery({ ...alertQuery(alertId), enabled: !outside });
  const row = active.rows.find(
    ({ key, fingerprint }) => key === alertId || fingerprint === alertId,
  );
  const alert = row?.alert ?? own.data ?? null;
  if (row !== undefined) return <Matter key={alertId} alert={alert} row={row} />;
  if (alert !== null) return <Matter key={alertId} alert={alert} row={rowOfAlert(alert)} />;
  const error = outside && active.loaded ? new Error("it is not active any more") : own.error;
  return (
    <Frame title="Alert">
      {error === null ? (
        <SkeletonRows rows={8} />
      ) : (
        <Failure what={`The alert ${alertId} could not be loaded`} error={error} />
      )}
    </Frame>
  );
};
