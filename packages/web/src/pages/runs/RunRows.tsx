import type { TraceSummary } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { withoutRun, type RunsSearch } from "../../app/run-search.ts";
import { MISSING, formatCount, formatValue } from "../../format/units.ts";
import table from "../../ui/table.module.css";
import { Ago } from "../../ui/time.tsx";
import { useSight } from "../../ui/use-sight.ts";
import type { Column } from "./run-list.ts";
import { costWords, money, runName, runState } from "./run-words.ts";
import { RunMark } from "./RunMark.tsx";
import classes from "./runs.module.css";

const ROW_PX = 52;
const CARD_PX = 92;

const Cell = ({ column, run, longest }: { column: Column; run: TraceSummary; longest: number }) => {
  if (column === "lasted")
    return (
      <span className={classes["lasted"]}>
        <span className="num">
          {formatValue(run.duration_seconds, "seconds")}
          {!run.ended && <span className="dim"> so far</span>}
        </span>
        <span className={classes["track"]} aria-hidden>
          <span style={{ width: `${Math.max(1, (run.duration_seconds / longest) * 100)}%` }} />
        </span>
      </span>
    );
  if (column === "agents" || column === "models")
    return (
      <span className="clip dim" title={run[column].join(", ")}>
        {run[column].join(", ") || MISSING}
      </span>
    );
  const tokens = run.input_tokens + run.output_tokens;
  const figures = {
    spans: formatCount(run.spans),
    tokens: tokens === 0 ? MISSING : formatCount(tokens),
    cost: `${money(run.cost_usd)}${run.cost_usd !== null && run.cost_unknown_calls > 0 ? "+" : ""}`,
  };
  return (
    <span className={classes["figure"]} {...(column === "cost" && { title: costWords(run) })}>
      <span className="num">{figures[column]}</span>
      {column === "spans" && (
        <span className={classes["word"]}> {run.spans === 1 ? "span" : "spans"}</span>
      )}
      {column === "tokens" && tokens > 0 && <span className={classes["word"]}> tokens</span>}
    </span>
  );
};

interface RowProps {
  run: TraceSummary;
  search: RunsSearch;
  columns: readonly Column[];
  longest: number;
  /** Opens beside the list; on a narrow screen a run is a page. */
  beside: boolean;
}

const Row = ({ run, search, columns, longest, beside }: RowProps) => {
  const { trace_id: id } = run;
  const link = {
    className: [classes["name"], table["cover"]].filter(Boolean).join(" "),
    "data-list-item": true,
    children: runName(run),
  };
  return (
    <li className={classes["row"]} data-open={search.run === id || undefined}>
      <RunMark state={runState(run)} />
      <div className={classes["what"]}>
        {beside ? (
          <Link
            to="/dashboard/runs"
            search={{ ...withoutRun(search), run: id }}
            resetScroll={false}
            {...link}
          />
        ) : (
          <Link to="/dashboard/runs/$runId" params={{ runId: id }} {...link} />
        )}
        <div className={classes["detail"]}>
          {[run.service, !columns.includes("agents") && run.agents.join(", ")]
            .filter(Boolean)
            .join(" · ")}
        </div>
      </div>
      {columns.map((column) => (
        <Cell key={column} column={column} run={run} longest={longest} />
      ))}
      <span className={classes["when"]}>
        <Ago at={run.start} />
      </span>
    </li>
  );
};

interface RunRowsProps extends Omit<RowProps, "run" | "longest"> {
  runs: readonly TraceSummary[];
  phone: boolean;
}

const WIDTHS: Readonly<Record<Column, string>> = {
  lasted: "120px",
  spans: "78px",
  tokens: "96px",
  cost: "80px",
  agents: "minmax(80px, 0.5fr)",
  models: "minmax(80px, 0.5fr)",
};

/** Runs as rows, or as cards on a phone; only those in sight are drawn. */
export const RunRows = ({ runs, phone, columns, ...row }: RunRowsProps) => {
  const { place, first, end, before, after } = useSight<HTMLUListElement>(
    runs.length,
    () => (phone ? CARD_PX : ROW_PX),
    phone ? "cards" : "rows",
  );
  const longest = Math.max(1e-9, ...runs.map(({ duration_seconds }) => duration_seconds));
  const widths = columns.map((column) => WIDTHS[column]);
  return (
    <ul
      ref={place}
      className={classes["list"]}
      aria-label="Runs"
      style={{
        paddingTop: before,
        paddingBottom: after,
        ["--fl-columns" as string]: ["20px", "minmax(140px, 1fr)", ...widths, "76px"].join(" "),
      }}
    >
      {runs.slice(first, end).map((run) => (
        <Row key={run.trace_id} run={run} columns={columns} longest={longest} {...row} />
      ))}
    </ul>
  );
};
