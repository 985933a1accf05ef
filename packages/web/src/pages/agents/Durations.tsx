import type { AgentPerformance } from "@fleetlight/contract";

import { agentHue, hueVariable } from "../../charts/colours.ts";
import { formatCount, formatValue } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import classes from "./agents.module.css";

interface DurationsProps {
  bars: AgentPerformance["response_times"];
  what: string;
  agent: string;
}

/** How long tasks took: as many bars as there are classes of duration. */
export const Durations = ({ bars, what, agent }: DurationsProps) => {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return (
    <Panel title={`How long ${what} took`}>
      {bars.length === 0 ? (
        <p className="dim">Nothing ended in this time.</p>
      ) : (
        <ul className={classes["bars"]}>
          {bars.map(({ from_seconds: from, to_seconds: to, count }) => (
            <li key={from}>
              <span className="dim">
                {formatValue(from, "seconds")} – {formatValue(to, "seconds")}
              </span>
              <span className={classes["bar"]} aria-hidden>
                <span
                  style={{
                    width: `${(count / most) * 100}%`,
                    background: hueVariable(agentHue(agent)),
                  }}
                />
              </span>
              <span>{formatCount(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
};
