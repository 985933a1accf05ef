import type { OnCallNow } from "@fleetlight/contract";
import { IconPhoneCall } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { onCallNowQuery, schedulesQuery } from "../../api/on-call.ts";
import { formatDuration, formatWhen } from "../../format/time.ts";
import { useNow } from "../../live/live.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { AlertTabs } from "../alerts/AlertTabs.tsx";
import { PeoplePanel, PoliciesPanel, TeamsPanel } from "./OnCallLists.tsx";
import classes from "./on-call.module.css";
import { SchedulePanel } from "./SchedulePanel.tsx";

const route = getRouteApi("/dashboard/alerts/on-call");

const VIEWS = [
  { view: undefined, word: "Schedules" },
  { view: "policies", word: "Escalation" },
  { view: "people", word: "People and teams" },
] as const;

const NowCard = ({ one, chosen }: { one: OnCallNow; chosen: boolean }) => {
  const now = useNow(30_000);
  const { current, next } = one;
  return (
    <li className={classes["card"]} data-gap={current === null || undefined}>
      <Link
        to="/dashboard/alerts/on-call"
        search={{ schedule: one.schedule }}
        className={classes["cardLink"]}
        aria-current={chosen ? "true" : undefined}
      >
        {one.name}
      </Link>
      <span className={classes["who"]}>{current?.name ?? "Nobody is on call"}</span>
      <span className="dim num">
        {current !== null &&
          `for ${formatDuration(Date.parse(current.end) - now)}, until ${formatWhen(Date.parse(current.end), now)}`}
        {current === null && next !== null && `until ${formatWhen(Date.parse(next.start), now)}`}
      </span>
      {next !== null && <span className="dim">then {next.name}</span>}
    </li>
  );
};

const FIRST = (origin: string): string => `curl -X POST ${origin}/api/v1/people \\
  -H 'Content-Type: application/json' \\
  -d '{"id": "ada", "name": "Ada", "contact_methods": [{"receiver": "default"}]}'
curl -X POST ${origin}/api/v1/schedules \\
  -H 'Content-Type: application/json' \\
  -d '{"id": "primary", "name": "Primary", "layers": [{"people": ["ada"], "start": "2026-01-01T00:00:00Z"}]}'`;

const Schedules = ({ schedule }: { schedule: string | undefined }) => {
  const schedules = useQuery(schedulesQuery());
  const now = useQuery(onCallNowQuery());
  const all = schedules.data?.schedules ?? [];
  const chosen = all.find(({ id }) => id === schedule) ?? all[0];
  if (schedules.data?.count === 0) {
    return (
      <div className={classes["sheet"]}>
        <Empty
          icon={<IconPhoneCall size={30} stroke={1.5} />}
          title="Nobody is on call yet"
          waiting="Waiting for the first schedule…"
        >
          <p>
            A schedule says who is told when an incident begins: people take turns, by day or by
            week, and stand in for one another. Make it in the configuration, or by two requests:
          </p>
          <Snippet label="commands that make a schedule" text={FIRST(window.location.origin)} />
        </Empty>
      </div>
    );
  }
  const error = schedules.data === undefined ? schedules.error : null;
  return (
    <>
      {error !== null && <Failure what="The schedules could not be loaded" error={error} />}
      {now.error !== null && now.data === undefined && error === null && (
        <Failure what="Who is on call could not be loaded" error={now.error} />
      )}
      {schedules.data === undefined && error === null && <SkeletonRows rows={4} />}
      <ul className={classes["cards"]} aria-label="On call now">
        {now.data?.on_call.map((one) => (
          <NowCard key={one.schedule} one={one} chosen={one.schedule === chosen?.id} />
        ))}
      </ul>
      {chosen !== undefined && <SchedulePanel key={chosen.id} schedule={chosen} />}
    </>
  );
};

/** Who is on call, now and later, and whom an incident goes to. */
export const OnCallPage = () => {
  const { view, schedule } = route.useSearch();
  return (
    <Page title="On call" lead="Who is on it now, who is next, and where are gaps?">
      <AlertTabs />
      <nav className={table["facets"]} aria-label="Parts of on call">
        {VIEWS.map(({ view: one, word }) => (
          <Link
            key={word}
            to="/dashboard/alerts/on-call"
            search={one === undefined ? {} : { view: one }}
            className={table["facet"]}
            // A part is there also while the address says which schedule and which days.
            activeOptions={{ exact: true }}
            {...(view === one && { "aria-current": "page" as const })}
          >
            {word}
          </Link>
        ))}
      </nav>
      {view === undefined && <Schedules schedule={schedule} />}
      {view === "policies" && <PoliciesPanel />}
      {view === "people" && (
        <div className={classes["two"]}>
          <PeoplePanel />
          <TeamsPanel />
        </div>
      )}
    </Page>
  );
};
