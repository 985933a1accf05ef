import type { Agent } from "@fleetlight/contract";
import { Table } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import type { AgentsSearch } from "../../app/agent-search.ts";
import { agentHue } from "../../charts/colours.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import table from "../../ui/table.module.css";
import { Ago } from "../../ui/time.tsx";
import { AgentSquare, BandMark, StatusMark } from "./AgentMarks.tsx";
import classes from "./agents.module.css";
import { money, perHour, quality, seconds, share } from "./words.ts";

type Sort = AgentsSearch["sort"];

const Spark = ({ agent, width }: { agent: Agent; width: number }) => (
  <Sparkline
    data={{ timestamps: agent.recent.map((_, index) => index), values: agent.recent }}
    width={width}
    height={24}
    token={`--fl-${agentHue(agent.id)}`}
  />
);

interface HeaderProps {
  by: Exclude<Sort, undefined>;
  sort: Sort;
  onSort: (sort: Sort) => void;
  children: string;
}

const Header = ({ by, sort, onSort, children }: HeaderProps) => (
  <Table.Th className={table["right"]} aria-sort={sort === by ? "descending" : "none"}>
    <button
      type="button"
      className={table["sort"]}
      onClick={() => onSort(sort === by ? undefined : by)}
    >
      {children}
      {sort === by && <IconChevronDown size={13} aria-hidden />}
    </button>
  </Table.Th>
);

const Row = ({ agent }: { agent: Agent }) => {
  const { id, status, figures, last_seen } = agent;
  return (
    <Table.Tr className={table["row"]}>
      <Table.Td>
        <Link
          to="/dashboard/agents/$agentId"
          params={{ agentId: id }}
          className={[classes["agent"], table["cover"]].filter(Boolean).join(" ")}
          data-list-item
        >
          <AgentSquare id={id} />
          <span className={classes["agentName"]}>{id}</span>
        </Link>
      </Table.Td>
      <Table.Td>
        <StatusMark status={status} />
      </Table.Td>
      <Table.Td>
        <BandMark band={figures.bands.overall} />
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className={classes["withSpark"]}>
          <Spark agent={agent} width={72} />
          <span className="num">{perHour(figures.throughput_per_hour)}</span>
        </span>
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className="num">{share(figures.success_rate)}</span>
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className="num">{quality(figures.quality)}</span>
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className="num">{seconds(figures.duration_p95_seconds)}</span>
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className="num">{share(figures.utilization)}</span>
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className="num">{money(figures.cost_usd)}</span>
      </Table.Td>
      <Table.Td className={table["right"]}>
        <span className="dim">
          <Ago at={last_seen} />
        </span>
      </Table.Td>
    </Table.Tr>
  );
};

/** Agents as a table. */
export const AgentTable = ({
  agents,
  sort,
  onSort,
}: {
  agents: Agent[];
  sort: Sort;
  onSort: (sort: Sort) => void;
}) => {
  const header = { sort, onSort };
  return (
    <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="Table of agents">
      <Table className={[table["table"], classes["table"]].filter(Boolean).join(" ")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Agent</Table.Th>
            <Table.Th>Does</Table.Th>
            <Table.Th>Band</Table.Th>
            <Header by="throughput" {...header}>
              Tasks per hour
            </Header>
            <Header by="success" {...header}>
              Success
            </Header>
            <Header by="quality" {...header}>
              Quality
            </Header>
            <Header by="p95" {...header}>
              95 % done in
            </Header>
            <Header by="utilization" {...header}>
              At work
            </Header>
            <Header by="cost" {...header}>
              Cost
            </Header>
            <Table.Th className={table["right"]}>Last heard of</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {agents.map((agent) => (
            <Row key={agent.id} agent={agent} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
};

/** Agents on a narrow screen. */
export const AgentCards = ({ agents }: { agents: Agent[] }) => (
  <ul className={[table["cards"], classes["cards"]].filter(Boolean).join(" ")} aria-label="Agents">
    {agents.map((agent) => (
      <li key={agent.id} className={table["card"]}>
        <div className={table["cardRow"]}>
          <Link
            to="/dashboard/agents/$agentId"
            params={{ agentId: agent.id }}
            className={[classes["agent"], table["cover"]].filter(Boolean).join(" ")}
            data-list-item
          >
            <AgentSquare id={agent.id} />
            <span className={classes["agentName"]}>{agent.id}</span>
          </Link>
          <StatusMark status={agent.status} />
        </div>
        <div className={table["cardRow"]}>
          <BandMark band={agent.figures.bands.overall} />
          <Spark agent={agent} width={90} />
        </div>
        <div className={classes["cardFigures"]}>
          <span>
            <b>{perHour(agent.figures.throughput_per_hour)}</b> per hour
          </span>
          <span>
            <b>{share(agent.figures.success_rate)}</b> success
          </span>
          <span>
            <b>{seconds(agent.figures.duration_p95_seconds)}</b> p95
          </span>
          <span>
            <b>{money(agent.figures.cost_usd)}</b>
          </span>
        </div>
      </li>
    ))}
  </ul>
);
