import type { Incident } from "@fleetlight/contract";
import { IconUrgent } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { incidentsQuery } from "../../api/incidents.ts";
import { formatDuration } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { SeverityMark, StateIcon, StateMark } from "../../ui/state.tsx";
import table from "../../ui/table.module.css";
import { Ago } from "../../ui/time.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "../alerts/AlertTabs.tsx";
import { lastedMs, STATUS_MARKS, STATUS_WORDS, STATUSES } from "./incident-words.ts";
import classes from "./incidents.module.css";

const route = getRouteApi("/dashboard/alerts/incidents");

const Row = ({ incident }: { incident: Incident }) => {
  const now = useNow(5000);
  const who = incident.acknowledged_by ?? incident.owner;
  return (
    <li className={classes["row"]} data-over={incident.status === "resolved" || undefined}>
      <StateMark state={STATUS_MARKS[incident.status]} />
      <div className={classes["what"]}>
        <Link
          to="/dashboard/alerts/incidents/$incidentId"
          params={{ incidentId: incident.id }}
          className={classes["name"]}
          data-list-item
        >
          {incident.title}
        </Link>
        <div className={classes["detail"]}>
          {[
            `${incident.alerts_active} of ${plural(incident.alerts_total, "alert")} active`,
            incident.services.join(", "),
          ]
            .filter(Boolean)
            .join(" · ")}
        </div>
      </div>
      <SeverityMark severity={incident.severity} />
      <span className={classes["who"]}>
        {who === "" ? <span className="dim">nobody</span> : who}
      </span>
      <span className={classes["when"]}>
        <span className="num">{formatDuration(lastedMs(incident, now))}</span>
        <span className="dim">
          <Ago at={incident.triggered_at} />
        </span>
      </span>
    </li>
  );
};

/** What belongs together and somebody has to see to. */
export const IncidentsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(incidentsQuery(search));
  const incidents = data?.incidents ?? [];
  return (
    <Page title="Incidents" lead="What has to be seen to, and who does?">
      <AlertTabs />
      <div className={table["facets"]} role="group" aria-label="Status">
        {STATUSES.map((status) => (
          <Facet
            key={status}
            on={search.status === status}
            icon={<StateIcon state={STATUS_MARKS[status]} size={14} />}
            onToggle={() =>
              void navigate({
                search: search.status === status ? {} : { status },
                replace: true,
              })
            }
          >
            {STATUS_WORDS[status]}
          </Facet>
        ))}
      </div>
      <div className={classes["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The incidents could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={5} height={60} />}
        {data !== undefined && incidents.length === 0 && (
          <Empty
            icon={<IconUrgent size={30} stroke={1.5} />}
            title={
              search.status === undefined
                ? "No incident yet"
                : `No incident is ${STATUS_WORDS[search.status].toLowerCase()}`
            }
          >
            <p>
              Alerts that are told of together make one incident: it is escalated until somebody
              acknowledges it, and remembers all that was done.
            </p>
          </Empty>
        )}
        <ul aria-label="Incidents">
          {incidents.map((incident) => (
            <Row key={incident.id} incident={incident} />
          ))}
        </ul>
      </div>
      {data !== undefined && data.next_cursor !== null && (
        <p className="dim">The latest {incidents.length} are shown.</p>
      )}
    </Page>
  );
};
