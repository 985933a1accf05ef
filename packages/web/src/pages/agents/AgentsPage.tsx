import type { Agent, AgentList } from "@fleetlight/contract";
import { Button, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconDownload, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { agentsQuery, LIST_HOURS } from "../../api/agents.ts";
import { agentPaths } from "../../api/paths.ts";
import { AGENT_STATUSES, type AgentsSearch } from "../../app/agent-search.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { StatusShape } from "./AgentMarks.tsx";
import { AgentCards, AgentTable } from "./AgentRows.tsx";
import classes from "./agents.module.css";
import { AgentTabs } from "./AgentTabs.tsx";
import { HoursChoice } from "./HoursChoice.tsx";
import { StatusGrid } from "./StatusGrid.tsx";
import { money, perHour, seconds, share, STATUS_WORDS } from "./words.ts";

const route = getRouteApi("/dashboard/agents");

const snippet = (origin: string): string =>
  [
    `curl ${origin}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans":[{`,
    `  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my-agents"}}]},`,
    `  "scopeSpans":[{"spans":[{"name":"write the report","kind":1,`,
    `    "traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'",`,
    `    "startTimeUnixNano":"'$(date -d "-20 sec" +%s)000000000'","endTimeUnixNano":"'$(date +%s)000000000'",`,
    `    "attributes":[{"key":"fleetlight.operation","value":{"stringValue":"task"}},`,
    `      {"key":"fleetlight.agent","value":{"stringValue":"writer"}},`,
    `      {"key":"fleetlight.quality","value":{"doubleValue":0.9}}]}]}]}]}'`,
  ].join("\n");

const Nothing = () => (
  <div className={classes["sheet"]}>
    <Empty title="No agent was heard of yet" waiting="Waiting for the first agent…">
      <p>
        An agent appears here with its first span that names it. Agents of LangGraph, OpenAI Agents,
        the Vercel AI SDK, CrewAI and others are understood as they are; this tells of a task:
      </p>
      <Snippet label="command that tells of a task" text={snippet(window.location.origin)} />
    </Empty>
  </div>
);

const Overall = ({ data: { overall } }: { data: AgentList }) => (
  <dl className={classes["overall"]} aria-label="All agents together">
    {[
      ["Completed", `${perHour(overall.throughput_per_hour)} per hour`],
      ["Success", share(overall.success_rate)],
      ["95 % are done in", seconds(overall.duration_p95_seconds)],
      ["Conflicts resolved", share(overall.conflict_resolution_rate)],
      ["Collaboration", share(overall.collaboration_efficiency)],
      ["Tokens", formatCount(overall.input_tokens + overall.output_tokens)],
      ["Cost", money(overall.cost_usd)],
    ].map(([word, value]) => (
      <div key={word}>
        <dt>{word}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

interface RowsProps {
  agents: Agent[];
  search: AgentsSearch;
  change: (next: AgentsSearch) => void;
}

const Rows = ({ agents, search, change }: RowsProps) => {
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  if (agents.length === 0)
    return (
      <div className={classes["sheet"]}>
        <Empty title="No agent matches these filters">
          <Button variant="default" onClick={() => change({})}>
            Show all
          </Button>
        </Empty>
      </div>
    );
  if (phone) return <AgentCards agents={agents} />;
  return (
    <>
      <StatusGrid agents={agents} />
      <div className={classes["sheet"]}>
        <AgentTable
          agents={agents}
          sort={search.sort}
          onSort={(sort) => {
            const { sort: _, ...rest } = search;
            change(sort === undefined ? rest : { ...rest, sort });
          }}
        />
      </div>
    </>
  );
};

interface FiltersProps {
  data: AgentList | undefined;
  search: AgentsSearch;
  change: (next: AgentsSearch) => void;
}

const Filters = ({ data, search, change }: FiltersProps) => {
  const { q: _, ...others } = search;
  const { status, ...plain } = search;
  return (
    <div className={classes["filters"]}>
      <TextInput
        className={classes["box"] ?? ""}
        aria-label="Filter by name"
        placeholder="Filter by name"
        leftSection={<IconSearch size={15} />}
        value={search.q ?? ""}
        onChange={({ currentTarget: { value } }) =>
          change(value === "" ? others : { ...others, q: value })
        }
      />
      <div className={classes["facets"]} role="group" aria-label="Filter by what they do">
        {AGENT_STATUSES.map((one) => (
          <Facet
            key={one}
            on={status === one}
            count={data?.statuses[one] ?? 0}
            icon={<StatusShape status={one} />}
            onToggle={() => change(status === one ? plain : { ...plain, status: one })}
          >
            {STATUS_WORDS[one]}
          </Facet>
        ))}
      </div>
      <HoursChoice
        label="Figures of the last"
        hours={search.hours ?? LIST_HOURS}
        onChange={(hours) => change({ ...search, hours })}
      />
    </div>
  );
};

const lead = (data: AgentList | undefined): string => {
  if (data === undefined || data.overall.agents + data.count === 0)
    return "What do the agents achieve, and which of them want attention?";
  const { failing, working } = data.statuses;
  const words = [
    plural(
      Object.values(data.statuses).reduce((sum, one) => sum + one, 0),
      "agent",
    ),
  ];
  if (working > 0) words.push(`${working} at work`);
  if (failing > 0) words.push(`${failing} failing`);
  return `${words.join(", ")}.`;
};

/** Every agent with what it achieves, judged by the thresholds of the configuration. */
export const AgentsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(agentsQuery(search));
  const hours = search.hours ?? LIST_HOURS;
  const change = (next: AgentsSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const known = Object.values(data?.statuses ?? {}).reduce((sum, one) => sum + one, 0);
  const isEmpty = data !== undefined && known === 0;
  return (
    <Page
      title="Agents"
      lead={lead(data)}
      actions={
        isEmpty ? undefined : (
          <Button
            component="a"
            variant="default"
            href={agentPaths.report({ hours, format: "csv" })}
            download
            leftSection={<IconDownload size={15} />}
          >
            Report as CSV
          </Button>
        )
      }
    >
      <AgentTabs />
      {!isEmpty && <Filters data={data} search={search} change={change} />}
      {error !== null && data === undefined && (
        <Failure what="The agents could not be loaded" error={error} />
      )}
      {data === undefined && error === null && (
        <div className={classes["sheet"]}>
          <SkeletonRows rows={8} />
        </div>
      )}
      {isEmpty && <Nothing />}
      {data !== undefined && known > 0 && (
        <>
          <Overall data={data} />
          <Rows agents={data.agents} search={search} change={change} />
          <p className={classes["note"]}>
            Wanted are {data.thresholds.task_throughput.target} tasks per hour and agent; below{" "}
            {data.thresholds.task_throughput.warning} is low, below{" "}
            {data.thresholds.task_throughput.critical} critical. An agent without tasks is judged by
            its runs. <Link to="/dashboard/conversations">What was said</Link> stands among the
            conversations.
          </p>
        </>
      )}
    </Page>
  );
};
