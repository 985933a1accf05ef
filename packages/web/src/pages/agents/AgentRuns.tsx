import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { agentRunsQuery } from "../../api/agents.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import classes from "./agents.module.css";
import { money, seconds } from "./words.ts";

/** The newest runs in which the agent did something. */
export const AgentRuns = ({ id, hours }: { id: string; hours: number }) => {
  const { data, error } = useQuery(agentRunsQuery(id, hours));
  return (
    <Panel title="Recent runs" flush>
      {error !== null && data === undefined && (
        <Failure what="The runs could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={4} />}
      {data !== undefined && data.traces.length === 0 && (
        <p className={classes["quiet"]}>It was in no run in this time.</p>
      )}
      {data !== undefined && data.traces.length > 0 && (
        <table className={classes["list"]}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Errors</th>
              <th scope="col">Took</th>
              <th scope="col">Cost</th>
              <th scope="col">Began</th>
            </tr>
          </thead>
          <tbody>
            {data.traces.map((run) => (
              <tr key={run.trace_id}>
                <td>
                  <Link to="/dashboard/runs/$runId" params={{ runId: run.trace_id }}>
                    {run.name || run.trace_id.slice(0, 8)}
                  </Link>
                </td>
                <td>{run.errors}</td>
                <td>{run.ended ? seconds(run.duration_seconds) : "goes on"}</td>
                <td>{money(run.cost_usd)}</td>
                <td>
                  <Ago at={run.start} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
};
