import type { Alert } from "@fleetlight/contract";
import { ActionIcon } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { alertQuery } from "../../api/queries.ts";
import { formatDuration } from "../../format/time.ts";
import { reading } from "../../ui/alert-list.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, SidePanel } from "../../ui/page.tsx";
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

/** A side panel on a wide screen, a page of its own on a narrow one. */
const Frame = ({ title, lead, actions, children }: FrameProps) => {
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  const search = route.useSearch();
  if (!wide) {
    return (
      <Page
        title={title}
        lead={lead}
        actions={actions}
        before={<BackLink to="/dashboard/alerts">Alerts</BackLink>}
      >
        {children}
      </Page>
    );
  }
  const close = (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={32}
      aria-label="Close the alert"
      renderRoot={(props) => (
        <Link to="/dashboard/alerts" search={search} resetScroll={false} {...props} />
      )}
    >
      <IconX size={18} />
    </ActionIcon>
  );
  return (
    <SidePanel title={title} lead={lead} actions={actions} close={close}>
      {children}
    </SidePanel>
  );
};

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
