import type { HostFigures, Overview } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { readingsQuery } from "../../api/queries.ts";
import type { Columns } from "../../charts/data.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import type { Unit } from "../../format/units.ts";
import { formatValue, parts } from "../../format/units.ts";
import { useRange } from "../../live/use-range.ts";
import { Panel } from "../../ui/page.tsx";
import { cpuHistory, joinReadings, memoryHistory, trafficHistory } from "./history.ts";
import classes from "./overview.module.css";

const WINDOW = { windowMs: 15 * 60_000 };
const PAST = { live: false, maxPoints: 90 };

interface TileProps {
  word: string;
  value: number | null | undefined;
  unit: Unit;
  detail: string;
  /** The figure is on its way: its place is held. */
  waiting: boolean;
  children?: ReactNode;
}

/** A figure: word, number, unit, what it is measured against, and its recent course. */
export const Tile = ({ word, value, unit, detail, waiting, children }: TileProps) => {
  const [number, suffix] = parts(value, unit);
  return (
    <div className={classes["tile"]}>
      <div className={classes["tileWord"]}>{word}</div>
      <div className={waiting ? classes["tileWaiting"] : classes["tileValue"]}>
        {!waiting && number}
        {!waiting && <span className={classes["tileUnit"]}>{suffix}</span>}
      </div>
      <div className={classes["tileDetail"]}>{waiting ? "\u00a0" : detail}</div>
      <div className={classes["tileSpark"]}>{children}</div>
    </div>
  );
};

const Course = ({ data, token, max }: { data: Columns; token: string; max?: number }) => (
  <Sparkline
    data={data}
    width={200}
    height={26}
    token={token}
    {...(max === undefined ? {} : { max })}
  />
);

const Meter = ({ percent }: { percent: number | null | undefined }) => {
  const level = percent ?? 0;
  const token = level >= 90 ? "--fl-unhealthy" : level >= 80 ? "--fl-degraded" : "--fl-1";
  return (
    <div className={classes["meter"]} aria-hidden>
      <span style={{ width: `${Math.min(100, level)}%`, background: `var(${token})` }} />
    </div>
  );
};

const ofTotal = (used: number | null | undefined, total: number | null | undefined): string =>
  used === null || used === undefined
    ? "not told by this host"
    : `${formatValue(used, "bytes")} of ${formatValue(total, "bytes")}`;

const useCourses = () => {
  const readings = useQuery(readingsQuery()).data ?? [];
  const idle = useRange('node_cpu_seconds_total{mode="idle"}', WINDOW, PAST).data;
  const available = useRange("node_memory_MemAvailable_bytes", WINDOW, PAST).data;
  const total = useRange("node_memory_MemTotal_bytes", WINDOW, PAST).data;
  const received = useRange('node_network_receive_bytes_total{device!="lo"}', WINDOW, PAST).data;
  const join = (past: Columns, pick: (reading: Overview) => number | null) =>
    joinReadings(past, readings, pick);
  return {
    cpu: join(cpuHistory(idle), ({ host }) => host.cpu_percent),
    memory: join(memoryHistory(available, total), ({ host }) => host.memory_percent),
    network: join(trafficHistory(received), ({ host }) => host.network_receive_bytes_per_second),
  };
};

/** The machine that Fleetlight runs on. */
export const HostPanel = ({ host }: { host: HostFigures | undefined }) => {
  const courses = useCourses();
  const figures: Partial<HostFigures> = host ?? {};
  const sent = formatValue(figures.network_transmit_bytes_per_second, "bytes_per_second");
  return (
    <Panel
      title="Host"
      aside={
        <>
          <span>{figures.hostname}</span>
          <span>last 15 min</span>
        </>
      }
      flush
    >
      <div className={classes["tiles"]}>
        <Tile
          waiting={host === undefined}
          word="CPU"
          value={figures.cpu_percent}
          unit="percent"
          detail={`${figures.cpu_count ?? "–"} cores, load ${formatValue(figures.load1, "none")}`}
        >
          <Course data={courses.cpu} token="--fl-1" max={100} />
        </Tile>
        <Tile
          waiting={host === undefined}
          word="Memory"
          value={figures.memory_percent}
          unit="percent"
          detail={ofTotal(figures.memory_used_bytes, figures.memory_total_bytes)}
        >
          <Course data={courses.memory} token="--fl-5" max={100} />
        </Tile>
        <Tile
          waiting={host === undefined}
          word="Disk"
          value={figures.disk_percent}
          unit="percent"
          detail={ofTotal(figures.disk_used_bytes, figures.disk_total_bytes)}
        >
          <Meter percent={figures.disk_percent} />
        </Tile>
        <Tile
          waiting={host === undefined}
          word="Network in"
          value={figures.network_receive_bytes_per_second}
          unit="bytes_per_second"
          detail={`out ${sent}`}
        >
          <Course data={courses.network} token="--fl-3" />
        </Tile>
      </div>
    </Panel>
  );
};
