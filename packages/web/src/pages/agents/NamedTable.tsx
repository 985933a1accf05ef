import type { AgentPerformance, Conversation } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { formatCount, plural } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import classes from "./agents.module.css";
import { money, seconds } from "./words.ts";

interface NamedTableProps {
  title: string;
  rows: AgentPerformance["tools"];
  empty: string;
  withTokens?: boolean;
}

const SHOWN = 12;

/** Tools or models: how often, how long, how many failed, what they cost. */
export const NamedTable = ({ title, rows, empty, withTokens = false }: NamedTableProps) => (
  <Panel title={title} flush>
    {rows.length === 0 ? (
      <p className={classes["quiet"]}>{empty}</p>
    ) : (
      <table className={classes["list"]}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Calls</th>
            <th scope="col">Failed</th>
            <th scope="col">95 % done in</th>
            {withTokens && <th scope="col">Tokens</th>}
            {withTokens && <th scope="col">Cost</th>}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row) => (
            <tr key={row.name}>
              <td>{row.name || <span className="dim">without a name</span>}</td>
              <td>{formatCount(row.count)}</td>
              <td>{formatCount(row.errors)}</td>
              <td>{seconds(row.p95_seconds)}</td>
              {withTokens && <td>{formatCount(row.input_tokens + row.output_tokens)}</td>}
              {withTokens && <td>{money(row.cost_usd)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Panel>
);

/** Conversations that the agent took part in, the latest first. */
export const AgentConversations = ({
  conversations,
  agent,
}: {
  conversations: Conversation[];
  agent: string;
}) => (
  <Panel
    title="Conversations"
    flush
    aside={
      conversations.length > 0 && (
        <Link to="/dashboard/conversations" search={{ agent }}>
          All
        </Link>
      )
    }
  >
    {conversations.length === 0 ? (
      <p className={classes["quiet"]}>It took part in none that has an id.</p>
    ) : (
      <table className={classes["list"]}>
        <thead>
          <tr>
            <th scope="col">Conversation</th>
            <th scope="col">Runs</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {conversations.slice(0, SHOWN).map((one) => (
            <tr key={one.id}>
              <td>
                <Link
                  to="/dashboard/conversations/$conversationId"
                  params={{ conversationId: one.id }}
                >
                  {one.title || one.id}
                </Link>
              </td>
              <td>{plural(one.turns, "run")}</td>
              <td>
                <Ago at={one.last} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Panel>
);
