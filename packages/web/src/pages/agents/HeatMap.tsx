import type { AgentPerformance } from "@fleetlight/contract";

import { agentHue, hueVariable } from "../../charts/colours.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import classes from "./agents.module.css";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
/** The palest square is still seen beside an empty one. */
const PALEST = 18;

interface HeatMapProps {
  squares: AgentPerformance["heat_map"];
  agent: string;
  what: string;
}

/** When in the week tasks end, in the reader's own time. */
export const HeatMap = ({ squares, agent, what }: HeatMapProps) => {
  const counts = new Map(
    squares.map(({ weekday, hour, completed, failed }) => [
      weekday * 24 + hour,
      { completed, failed },
    ]),
  );
  const most = Math.max(1, ...squares.map(({ completed, failed }) => completed + failed));
  const colour = hueVariable(agentHue(agent));
  const shade = (count: number): string =>
    `color-mix(in srgb, ${colour} ${Math.round(PALEST + (100 - PALEST) * (count / most))}%, var(--fl-panel))`;
  return (
    <Panel title={`When ${what} end`} aside="weekday and hour, your time">
      <table className={classes["heat"]}>
        <caption className="visually-hidden">Ended {what} by weekday and hour</caption>
        <thead>
          <tr>
            <td aria-hidden style={{ background: "none" }} />
            {HOURS.map((hour) => (
              <th key={hour} scope="col">
                {hour % 6 === 0 ? hour : <span className="visually-hidden">{hour}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {WEEKDAYS.map((day, index) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {HOURS.map((hour) => {
                const square = counts.get((index + 1) * 24 + hour);
                const count = (square?.completed ?? 0) + (square?.failed ?? 0);
                return (
                  <td
                    key={hour}
                    {...(square !== undefined && {
                      title: `${day} ${hour}:00, ${formatCount(square.completed)} completed, ${formatCount(square.failed)} failed`,
                      style: { background: shade(count) },
                    })}
                  >
                    {count > 0 && <span className="visually-hidden">{count}</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes["legend"]}>
        The fullest square stands for {plural(most, what.replace(/s$/, ""))}.
      </p>
    </Panel>
  );
};
