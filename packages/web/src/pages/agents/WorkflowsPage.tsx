import type { Workflow } from "@fleetlight/contract";
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { AGENT_PAGE_HOURS, workflowsQuery } from "../../api/agents.ts";
import type { WorkflowsSearch } from "../../app/agent-search.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import classes from "./agents.module.css";
import { AgentTabs } from "./AgentTabs.tsx";
import { HoursChoice } from "./HoursChoice.tsx";
import { money, seconds, share } from "./words.ts";

const route = getRouteApi("/dashboard/workflows");

const Row = ({ one }: { one: Workflow }) => (
  <tr>
    <td>
      <Link
        to="/dashboard/runs"
        search={{ q: `workflow:${JSON.stringify(one.id)}` }}
        data-list-item
      >
        {one.id}
      </Link>{" "}
      {one.type !== "" && one.type !== one.id && <span className="dim">{one.type}</span>}
    </td>
    <td>
      {formatCount(one.executions)}
      {one.executions_failed > 0 && ` (${formatCount(one.executions_failed)} failed)`}
    </td>
    <td>{formatCount(one.agents)}</td>
    <td>{formatCount(one.figures.tasks_completed + one.figures.tasks_failed)}</td>
    <td>{share(one.figures.success_rate)}</td>
    <td>{seconds(one.figures.duration_p95_seconds)}</td>
    <td>{formatCount(one.figures.input_tokens + one.figures.output_tokens)}</td>
    <td>{money(one.figures.cost_usd)}</td>
    <td>{one.last_seen === null ? "" : <Ago at={one.last_seen} />}</td>
  </tr>
);

const Nothing = ({ isNarrowed }: { isNarrowed: boolean }) =>
  isNarrowed ? (
    <Empty title="No workflow matches">
      <p>Look further back, or for something else.</p>
    </Empty>
  ) : (
    <Empty title="No workflow is known in this time" waiting="Waiting for one…">
      <p>
        A workflow is what several agents do for one purpose. Spans belong to one when they carry
        its id; by hand it is one attribute:
      </p>
      <Snippet
        label="attribute that names a workflow"
        text={'span.setAttribute("fleetlight.workflow.id", "onboarding")'}
      />
    </Empty>
  );

const Table = ({ workflows }: { workflows: readonly Workflow[] }) => (
  <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="Table of workflows">
    <table className={classes["list"]}>
      <thead>
        <tr>
          <th scope="col">Workflow</th>
          <th scope="col">Executions</th>
          <th scope="col">Agents</th>
          <th scope="col">Tasks</th>
          <th scope="col">Success</th>
          <th scope="col">95 % done in</th>
          <th scope="col">Tokens</th>
          <th scope="col">Cost</th>
          <th scope="col">Last</th>
        </tr>
      </thead>
      <tbody>
        {workflows.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </tbody>
    </table>
  </div>
);

/** What several agents do for one purpose, and what it achieves and costs. */
export const WorkflowsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(workflowsQuery(search));
  const change = (next: WorkflowsSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const { q, ...withoutText } = search;
  const all = data?.workflows ?? [];
  return (
    <Page
      title="Workflows"
      lead={
        all.length === 0
          ? "What do several agents achieve together, and what does it cost?"
          : `${plural(all.length, "workflow")}: what several agents do for one purpose. A name leads to its runs.`
      }
    >
      <AgentTabs />
      <div className={classes["filters"]}>
        <TextInput
          className={classes["box"] ?? ""}
          aria-label="Filter by name"
          placeholder="Filter by name"
          leftSection={<IconSearch size={15} />}
          value={q ?? ""}
          onChange={({ currentTarget: { value } }) =>
            change(value === "" ? withoutText : { ...withoutText, q: value })
          }
        />
        <HoursChoice
          label="Workflows of the last"
          hours={search.hours ?? AGENT_PAGE_HOURS}
          onChange={(hours) => change({ ...search, hours })}
        />
      </div>
      {error !== null && data === undefined && (
        <Failure what="The workflows could not be loaded" error={error} />
      )}
      <div className={classes["sheet"]}>
        {data === undefined && error === null && <SkeletonRows rows={8} height={40} />}
        {data !== undefined && all.length === 0 && <Nothing isNarrowed={q !== undefined} />}
        {all.length > 0 && <Table workflows={all} />}
      </div>
    </Page>
  );
};
