import type { Agent } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { StatusShape } from "./AgentMarks.tsx";
import classes from "./agents.module.css";
import { AGENT_STATUSES } from "../../app/agent-search.ts";
import { BAND_WORDS, STATUS_WORDS } from "./words.ts";

/** Tiles that fit above the table; further agents are in the table only. */
const MAX_TILES = 120;

/** Many agents at a glance: those that want attention first. */
export const StatusGrid = ({ agents }: { agents: Agent[] }) => {
  if (agents.length < 2) return null;
  const order = (one: Agent) => AGENT_STATUSES.indexOf(one.status);
  const tiles = agents.toSorted((a, b) => order(a) - order(b)).slice(0, MAX_TILES);
  return (
    <ul className={classes["grid"]} aria-label="What every agent does now">
      {tiles.map(({ id, status, figures: { bands } }) => (
        <li key={id}>
          <Link
            to="/dashboard/agents/$agentId"
            params={{ agentId: id }}
            className={classes["tile"]}
            data-status={status}
            title={`${id}: ${STATUS_WORDS[status]}${bands.overall === null ? "" : `, ${BAND_WORDS[bands.overall]}`}`}
          >
            <StatusShape status={status} />
            <span className={classes["agentName"]}>{id}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
};
