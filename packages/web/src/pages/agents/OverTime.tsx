import type { AgentPerformance } from "@fleetlight/contract";
import { useMemo } from "react";

import { Chart, type Line } from "../../charts/chart.tsx";
import { agentHue } from "../../charts/colours.ts";
import { Panel } from "../../ui/page.tsx";
import classes from "./agents.module.css";

const HEIGHT = 190;
/** The hue of what failed, next to the agent's own. */
const FAILED_HUE = 8;

/** A step as it is said after "per": `minute`, `15 min`, `hour`, `6 h`, `day`. */
const stepWord = (seconds: number): string => {
  const [size, one, many] =
    seconds < 3600
      ? [60, "minute", "min"]
      : seconds < 86_400
        ? [3600, "hour", "h"]
        : [86_400, "day", "d"];
  const count = seconds / Number(size);
  return count === 1 ? String(one) : `${count} ${many}`;
};

type Point = AgentPerformance["series"][number];

/** Throughput, success and duration over time; the three share their crosshair. */
export const OverTime = ({ data }: { data: AgentPerformance }) => {
  const { id, series, step_seconds: step, current } = data;
  const what = current.counted === "tasks" ? "Tasks" : "Runs";
  const lines = useMemo(() => {
    const own = agentHue(id);
    const timestamps = series.map(({ time }) => Date.parse(time));
    const line = (label: string, hue: number, pick: (point: Point) => number | null): Line => ({
      key: label,
      label,
      hue,
      timestamps,
      values: series.map(pick),
    });
    return {
      ended: [
        line("completed", own, ({ completed }) => completed),
        line("failed", own === FAILED_HUE ? 1 : FAILED_HUE, ({ failed }) => failed),
      ],
      success: [line("success", own, ({ success_rate }) => success_rate)],
      duration: [line("95 % done in", own, ({ duration_p95_seconds }) => duration_p95_seconds)],
    };
  }, [id, series]);
  const frame = {
    from: Date.parse(data.start),
    to: Date.parse(data.end),
    height: HEIGHT,
    zeroBased: true,
    syncKey: "agent",
    emptyText: "Nothing ended in this time",
  };
  return (
    <>
      <Panel title={`${what} per ${stepWord(step)}`}>
        <Chart title={`${what} of ${id}`} lines={lines.ended} unit="count" {...frame} />
      </Panel>
      <div className={classes["split"]}>
        <Panel title="Success">
          <Chart title={`Success of ${id}`} lines={lines.success} unit="ratio" {...frame} />
        </Panel>
        <Panel title="95 % are done in">
          <Chart title={`Duration of ${id}`} lines={lines.duration} unit="seconds" {...frame} />
        </Panel>
      </div>
    </>
  );
};
