import type { Agent, AgentPerformance, BusinessFigures } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { AGENT_PAGE_HOURS, agentQuery, performanceQuery } from "../../api/agents.ts";
import { alertsQuery } from "../../api/queries.ts";
import { formatCount, plural } from "../../format/units.ts";
import { AlertRows } from "../../ui/alert-list.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import { AgentSquare, BandMark, StatusMark } from "./AgentMarks.tsx";
import { AgentRuns } from "./AgentRuns.tsx";
import classes from "./agents.module.css";
import { HoursChoice } from "./HoursChoice.tsx";
import { Durations } from "./Durations.tsx";
import { HeatMap } from "./HeatMap.tsx";
import { AgentConversations, NamedTable } from "./NamedTable.tsx";
import { OverTime } from "./OverTime.tsx";
import { changeOf, hoursWord, money, perHour, quality, seconds, share } from "./words.ts";

const route = getRouteApi("/dashboard/agents/$agentId");

interface FigureRow {
  word: string;
  pick: (figures: BusinessFigures) => number | null;
  write: (value: number | null) => string;
  /** Whether more is better. */
  rising?: boolean;
  band?: keyof BusinessFigures["bands"];
}

const FIGURES: readonly FigureRow[] = [
  {
    word: "Completed per hour",
    pick: (one) => one.throughput_per_hour,
    write: (value) => perHour(value ?? 0),
    rising: true,
    band: "throughput",
  },
  { word: "Success", pick: (one) => one.success_rate, write: share, rising: true },
  { word: "Quality", pick: (one) => one.quality, write: quality, rising: true },
  {
    word: "95 % are done in",
    pick: (one) => one.duration_p95_seconds,
    write: seconds,
    rising: false,
  },
  { word: "At work", pick: (one) => one.utilization, write: share },
  {
    word: "Conflicts resolved",
    pick: (one) => one.conflict_resolution_rate,
    write: share,
    rising: true,
    band: "conflict_resolution",
  },
  {
    word: "Waits for others",
    pick: (one) => one.dependency_resolution_seconds,
    write: seconds,
    rising: false,
  },
  {
    word: "Collaboration",
    pick: (one) => one.collaboration_efficiency,
    write: share,
    rising: true,
  },
  {
    word: "Tokens",
    pick: (one) => one.input_tokens + one.output_tokens,
    write: formatCount,
  },
  { word: "Cost", pick: (one) => one.cost_usd, write: money, rising: false },
];

const Figures = ({ current, former }: Pick<AgentPerformance, "current" | "former">) => (
  <dl className={classes["figures"]} aria-label="Figures, and how they were before">
    {FIGURES.map(({ word, pick, write, rising, band }) => {
      const value = pick(current);
      const change = changeOf(value, pick(former), rising);
      return (
        <div key={word} className={classes["figure"]}>
          <dt>{word}</dt>
          <dd>
            <span className={classes["value"]}>{write(value)}</span>
            {band !== undefined && current.bands[band] !== null && (
              <BandMark band={current.bands[band]} />
            )}
            <span className={classes["change"]} data-better={change?.isBetter}>
              {change === undefined ? "nothing before" : change.words}
            </span>
          </dd>
        </div>
      );
    })}
  </dl>
);

/** Labels under which rules name an agent. */
const AGENT_LABELS = ["agent_id", "agent", "gen_ai_agent_name"];

const AgentAlerts = ({ id }: { id: string }) => {
  const { data } = useQuery(alertsQuery());
  const own = (data?.active_alerts ?? []).filter(({ labels }) =>
    AGENT_LABELS.some((name) => labels[name] === id),
  );
  if (own.length === 0) return null;
  return (
    <Panel title="Alerts of this agent" flush>
      <AlertRows alerts={own} />
    </Panel>
  );
};

const Lead = ({ agent }: { agent: Agent }) => (
  <span className={classes["strip"]}>
    <AgentSquare id={agent.id} />
    <StatusMark status={agent.status} />
    <BandMark band={agent.figures.bands.overall} />
    {agent.active_tasks > 0 && <span>{plural(agent.active_tasks, "task")} now</span>}
    <span>
      last heard of <Ago at={agent.last_seen} />
    </span>
  </span>
);

const Performance = ({ data, hours }: { data: AgentPerformance; hours: number }) => {
  const { id, current, former } = data;
  const what = current.counted === "tasks" ? "tasks" : "runs";
  return (
    <>
      <Figures current={current} former={former} />
      <p className={classes["note"]}>
        {formatCount(current.tasks_completed)} {what} completed and{" "}
        {formatCount(current.tasks_failed)} failed in the last {hoursWord(hours)}; compared with the{" "}
        {hoursWord(hours)} before.
      </p>
      <OverTime data={data} />
      <div className={classes["split"]}>
        <div className={classes["column"]}>
          <Durations bars={data.response_times} what={what} agent={id} />
          <NamedTable title="Tools" rows={data.tools} empty="It used no tools." />
          <NamedTable title="Models" rows={data.models} empty="It called no models." withTokens />
          <AgentConversations conversations={data.conversations} agent={id} />
        </div>
        <div className={classes["column"]}>
          <HeatMap squares={data.heat_map} agent={id} what={what} />
          <AgentRuns id={id} hours={hours} />
        </div>
      </div>
    </>
  );
};

const back = <BackLink to="/dashboard/agents">Agents</BackLink>;

/** One agent: what it achieves, over time and beside the time before. */
export const AgentPage = () => {
  const { agentId } = route.useParams();
  const { hours = AGENT_PAGE_HOURS } = route.useSearch();
  const navigate = route.useNavigate();
  const agent = useQuery(agentQuery(agentId, hours));
  const performance = useQuery(performanceQuery(agentId, hours));
  const error = agent.error ?? performance.error;
  return (
    <Page
      title={agentId}
      before={back}
      {...(agent.data !== undefined && { lead: <Lead agent={agent.data} /> })}
      actions={
        <HoursChoice
          label="Figures of the last"
          hours={hours}
          onChange={(next) =>
            void navigate({ search: { hours: next }, replace: true, resetScroll: false })
          }
        />
      }
    >
      {error !== null && performance.data === undefined && (
        <Failure what={`The agent ${agentId} could not be loaded`} error={error} />
      )}
      {performance.data === undefined && error === null && <SkeletonRows rows={8} />}
      <AgentAlerts id={agentId} />
      {performance.data !== undefined && <Performance data={performance.data} hours={hours} />}
    </Page>
  );
};
