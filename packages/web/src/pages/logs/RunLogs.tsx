import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { runLogsQuery } from "../../api/logs.ts";
import { writeLine } from "../../app/logs-search.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { clockOf } from "./log-words.ts";
import { Level, LineText } from "./LogLines.tsx";
import classes from "./logs.module.css";

/** Log lines of one run, in their order. */
export const RunLogs = ({ traceId }: { traceId: string }) => {
  const { data, error } = useQuery(runLogsQuery(traceId));
  if (error !== null && data === undefined)
    return <Failure what="The log lines could not be loaded" error={error} />;
  if (data === undefined) return <SkeletonRows rows={6} height={28} />;
  if (data.lines.length === 0)
    return (
      <Empty title="No log line of this run has come">
        <p>Lines that carry its trace id show up here.</p>
      </Empty>
    );
  return (
    <div className={classes["sheet"]}>
      <ol className={classes["around"]}>
        {data.lines.map((line) => (
          <li key={line.id}>
            <Link
              to="/dashboard/logs"
              search={{ q: `trace:${traceId}`, line: writeLine(line.id), hours: 168 }}
              data-list-item
            >
              <span className={classes["time"]}>{clockOf(line.time)}</span>
              <Level level={line.level} />
              <LineText line={line} />
            </Link>
          </li>
        ))}
      </ol>
    </div>
  );
};
