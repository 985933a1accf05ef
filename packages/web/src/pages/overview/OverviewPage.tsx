import type { AlertsAnswer, FleetEvent } from "@fleetlight/contract";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { alertsQuery, eventsQuery, overviewQuery, servicesQuery } from "../../api/queries.ts";
import { plural } from "../../format/units.ts";
import { AlertRows } from "../../ui/alert-list.tsx";
import { EventLines } from "../../ui/event-list.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { SEVERITIES } from "../../ui/state.tsx";
import { FleetPanel } from "./FleetPanel.tsx";
import { HostPanel } from "./HostPanel.tsx";
import { IngestPanel } from "./IngestPanel.tsx";
import classes from "./overview.module.css";

const ALERTS_SHOWN = 6;
const EVENTS_SHOWN = 9;

const ranked = (answer: AlertsAnswer | undefined) =>
  (answer?.active_alerts ?? []).toSorted(
    (a, b) =>
      Number(b.state === "firing") - Number(a.state === "firing") ||
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      b.active_at.localeCompare(a.active_at),
  );

const AlertsPanel = ({ answer }: { answer: AlertsAnswer | undefined }) => {
  const alerts = ranked(answer);
  return (
    <Panel
      title="Active alerts"
      flush
      className={classes["alerts"]}
      aside={
        <Link to="/dashboard/alerts" className="link">
          {alerts.length > ALERTS_SHOWN ? `All ${alerts.length} alerts` : "All alerts"}
        </Link>
      }
    >
      {answer === undefined && <SkeletonRows rows={3} height={54} />}
      {answer !== undefined && alerts.length === 0 && (
        <Empty icon={<IconCircleCheck size={28} stroke={1.5} />} title="Nothing is firing">
          <p>An alert shows up here the moment a rule holds.</p>
        </Empty>
      )}
      <AlertRows alerts={alerts.slice(0, ALERTS_SHOWN)} />
    </Panel>
  );
};

const EventsPanel = ({ events }: { events: FleetEvent[] | undefined }) => (
  <Panel title="Recent events" flush>
    {events === undefined && <SkeletonRows rows={EVENTS_SHOWN} height={29} />}
    {events?.length === 0 && <Empty title="Nothing has happened yet" />}
    {events !== undefined && events.length > 0 && (
      <EventLines events={events.slice(0, EVENTS_SHOWN)} />
    )}
  </Panel>
);

const sentence = (unhealthy: number, firing: number): string => {
  if (unhealthy === 0 && firing === 0)
    return "Every service that is checked answers, and nothing is firing.";
  const broken = unhealthy === 0 ? "" : `${plural(unhealthy, "service")} unhealthy`;
  const alerts = firing === 0 ? "" : `${plural(firing, "alert")} firing`;
  return `${[broken, alerts].filter(Boolean).join(", ")}.`;
};

/** The fleet at a glance. */
export const OverviewPage = () => {
  const overview = useQuery(overviewQuery());
  const services = useQuery(servicesQuery());
  const alerts = useQuery(alertsQuery());
  const events = useQuery(eventsQuery());
  const figures = overview.data;
  const firing = ranked(alerts.data).filter(({ state }) => state === "firing").length;
  const lead =
    figures === undefined || alerts.data === undefined
      ? "Is the fleet well?"
      : figures.services.total === 0
        ? "Is the fleet well? There is no fleet yet."
        : sentence(figures.services.unhealthy, firing);
  return (
    <Page title="Overview" lead={lead}>
      {overview.error !== null && figures === undefined && (
        <Failure what="The overview could not be loaded" error={overview.error} />
      )}
      <FleetPanel counts={figures?.services} services={services.data?.services} />
      <div className={classes["columns"]}>
        <div className={classes["column"]}>
          <AlertsPanel answer={alerts.data} />
          <EventsPanel events={events.data?.events} />
        </div>
        <div className={classes["column"]}>
          <HostPanel host={figures?.host} />
          <IngestPanel overview={figures} />
        </div>
      </div>
    </Page>
  );
};
