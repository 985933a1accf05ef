import type { Overview } from "@fleetlight/contract";

import { formatDuration } from "../../format/time.ts";
import { formatCount, formatValue } from "../../format/units.ts";
import { Panel } from "../../ui/page.tsx";
import { Tile } from "./HostPanel.tsx";
import classes from "./overview.module.css";

/** What comes in and what it costs. */
export const IngestPanel = ({ overview }: { overview: Overview | undefined }) => {
  const ingest = overview?.ingest;
  const server = overview?.server;
  return (
    <Panel
      title="Ingest"
      aside={
        server && (
          <>
            <span>Fleetlight {server.version}</span>
            <span>up {formatDuration(server.uptime_seconds * 1000)}</span>
          </>
        )
      }
      flush
    >
      <div className={classes["tiles"]}>
        <Tile
          waiting={overview === undefined}
          word="Samples"
          value={ingest?.samples_per_second}
          unit="per_second"
          detail={`${formatValue(ingest?.samples_total, "none")} in all, ${formatCount(ingest?.pending_rows)} rows queued`}
        />
        <Tile
          waiting={overview === undefined}
          word="Series"
          value={ingest?.series}
          unit="count"
          detail={`${formatCount(ingest?.targets_up)} of ${formatCount(ingest?.targets)} targets up`}
        />
        <Tile
          waiting={overview === undefined}
          word="Store"
          value={ingest?.store_bytes}
          unit="bytes"
          detail="on disk"
        />
        <Tile
          waiting={overview === undefined}
          word="Server"
          value={server?.resident_bytes}
          unit="bytes"
          detail={`${formatValue(server?.cpu_percent, "percent")} of a core, delay ${formatValue(server?.event_loop_delay_p99_seconds, "seconds")}`}
        />
      </div>
    </Panel>
  );
};
