import type { AlertInsights } from "@fleetlight/contract";
import { IconChartHistogram } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { insightsQuery } from "../../api/incidents.ts";
import { rulesQuery } from "../../api/queries.ts";
import { DEFAULT_INSIGHTS, INSIGHT_RANGES } from "../../app/alert-search.ts";
import { formatDuration } from "../../format/time.ts";
import { formatCount, MISSING, plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { AlertTabs } from "../alerts/AlertTabs.tsx";
import { allDays } from "./all-days.ts";
import { DayHours } from "./DayHours.tsx";
import classes from "./insights.module.css";

const route = getRouteApi("/dashboard/alerts/insights");
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const seconds = (value: number | null): string =>
  value === null ? MISSING : formatDuration(value * 1000);

const Figure = ({ word, value, note }: { word: string; value: ReactNode; note: string }) => (
  <div className={classes["figure"]}>
    <dt>{word}</dt>
    <dd className={classes["value"]}>{value}</dd>
    <dd className="dim">{note}</dd>
  </div>
);

const Figures = ({ insights }: { insights: AlertInsights }) => (
  <dl className={classes["figures"]}>
    <Figure
      word="Alerts"
      value={formatCount(insights.alerts)}
      note={`in ${plural(insights.incidents, "incident")}, ${formatCount(insights.resolved)} resolved`}
    />
    <Figure
      word="To acknowledge"
      value={seconds(insights.mtta_seconds)}
      note={`mean over ${formatCount(insights.acknowledged)} acknowledged (MTTA)`}
    />
    <Figure
      word="To resolve"
      value={seconds(insights.mttr_seconds)}
      note={`mean over ${formatCount(insights.resolved)} resolved (MTTR)`}
    />
  </dl>
);

type Tally = AlertInsights["by_rule"][number];

/** Rows that a list shows. */
const SHOWN = 12;

const Tallies = ({
  title,
  word,
  rows,
  show,
}: {
  title: string;
  word: string;
  rows: readonly Tally[];
  show: (key: string) => ReactNode;
}) => {
  const most = Math.max(1, ...rows.map(({ alerts }) => alerts));
  return (
    <Panel title={title} flush>
      {rows.length === 0 ? (
        <p className={classes["none"]}>Nothing began in this time.</p>
      ) : (
        <table className={`${table["table"]} ${classes["tallies"]}`}>
          <thead>
            <tr>
              <th scope="col">{word}</th>
              <th scope="col" className={table["right"]}>
                Alerts
              </th>
              <th scope="col" className={table["right"]}>
                MTTA
              </th>
              <th scope="col" className={table["right"]}>
                MTTR
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN).map(({ key, alerts, mtta_seconds: mtta, mttr_seconds: mttr }) => (
              <tr key={key}>
                <td>
                  <div className="clip">{show(key)}</div>
                  <div
                    className={classes["share"]}
                    style={{ width: `${(alerts / most) * 100}%` }}
                    aria-hidden
                  />
                </td>
                <td className={`${table["right"]} num`}>{formatCount(alerts)}</td>
                <td className={`${table["right"]} num`}>{seconds(mtta)}</td>
                <td className={`${table["right"]} num`}>{seconds(mttr)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
};

const Flapping = ({ rows }: { rows: AlertInsights["flapping"] }) => (
  <Panel title="Fired most often" flush>
    {rows.length === 0 ? (
      <p className={classes["none"]}>No series fired more than once.</p>
    ) : (
      <table className={`${table["table"]} ${classes["tallies"]}`}>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" className={table["right"]}>
              Times
            </th>
            <th scope="col" className={table["right"]}>
              Mean length
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row) => (
            <tr key={row.fingerprint}>
              <td>
                <div className="clip">
                  {row.name} <span className="dim">{row.service}</span>
                </div>
              </td>
              <td className={`${table["right"]} num`}>{formatCount(row.alerts)}</td>
              <td className={`${table["right"]} num`}>{seconds(row.mean_active_seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Panel>
);

const RuleName = ({ id }: { id: string }) => {
  const rule = useQuery(rulesQuery()).data?.rules.find((one) => one.id === id || one.name === id);
  if (rule === undefined) return <>{id}</>;
  return (
    <Link to="/dashboard/alerts/rules/$ruleId" params={{ ruleId: rule.id }} className="link">
      {rule.name}
    </Link>
  );
};

const Insights = ({ insights }: { insights: AlertInsights }) => (
  <>
    <Figures insights={insights} />
    <DayHours byHour={insights.by_hour} byDay={allDays(insights)} />
    <div className={classes["two"]}>
      <Tallies
        title="Noisiest rules"
        word="Rule"
        rows={insights.by_rule}
        show={(key) => <RuleName id={key} />}
      />
      <Tallies
        title="Services"
        word="Service"
        rows={insights.by_service}
        show={(key) => (key === "" ? <span className="dim">no service</span> : key)}
      />
      <Flapping rows={insights.flapping} />
      <Tallies title="Severities" word="Severity" rows={insights.by_severity} show={(key) => key} />
    </div>
  </>
);

/** How alerting does: how much, how soon, and what makes the noise. */
export const InsightsPage = () => {
  const { range = DEFAULT_INSIGHTS } = route.useSearch();
  const navigate = route.useNavigate();
  // A range that moves on with each minute is not asked anew at every drawing.
  const end = Math.ceil(useNow(30_000) / MINUTE_MS) * MINUTE_MS;
  const start = end - INSIGHT_RANGES[range] * DAY_MS;
  const { data, error } = useQuery(
    insightsQuery(new Date(start).toISOString(), new Date(end).toISOString()),
  );
  return (
    <Page title="Insights" lead="How many alerts, how soon is somebody on them, and what is noise?">
      <AlertTabs />
      <div className={table["facets"]} role="group" aria-label="Time">
        {(Object.keys(INSIGHT_RANGES) as (keyof typeof INSIGHT_RANGES)[]).map((one) => (
          <Facet
            key={one}
            on={one === range}
            onToggle={() =>
              void navigate({
                search: one === DEFAULT_INSIGHTS ? {} : { range: one },
                replace: true,
              })
            }
          >
            {plural(INSIGHT_RANGES[one], "day")}
          </Facet>
        ))}
      </div>
      {error !== null && data === undefined && (
        <Failure what="The insights could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={6} />}
      {data?.alerts === 0 && (
        <div className={classes["sheet"]}>
          <Empty
            icon={<IconChartHistogram size={30} stroke={1.5} />}
            title={`No alert began in ${plural(INSIGHT_RANGES[range], "day")}`}
          >
            <p>
              When there were some, this page says how long it took until somebody was on them and
              until they were over, which rules fire most, and at what hours.
            </p>
          </Empty>
        </div>
      )}
      {data !== undefined && data.alerts > 0 && <Insights insights={data} />}
    </Page>
  );
};
