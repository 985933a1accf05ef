import type { Bottleneck, TraceAnalysisReport } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";

import { runAnalysisQuery } from "../../api/runs.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import classes from "./path.module.css";
import { BOTTLENECK_WORDS } from "./run-words.ts";

interface Picks {
  onPick: (span: string) => void;
}

/** Steps of the path, and rows of the table, that are drawn. */
const MAX_STEPS = 200;
const MAX_KINDS = 25;

const Reasons = ({ bottlenecks, onPick }: { bottlenecks: readonly Bottleneck[] } & Picks) => (
  <ol className={classes["reasons"]}>
    {bottlenecks.map(({ kind, reason, share, span_ids }) => (
      <li key={`${kind}/${reason}`}>
        <span className={classes["share"]}>
          <span className="num">{formatValue(share, "ratio")}</span>
          <span className={classes["meter"]} aria-hidden>
            <span style={{ width: `${Math.min(100, share * 100)}%` }} />
          </span>
        </span>
        <div className={classes["why"]}>
          <span className={classes["kind"]}>{BOTTLENECK_WORDS[kind]}</span>
          <p>{reason}</p>
        </div>
        {span_ids[0] !== undefined && (
          <button
            type="button"
            className={classes["link"]}
            onClick={() => onPick(span_ids[0] ?? "")}
          >
            Show {span_ids.length === 1 ? "the span" : "the first span"}
          </button>
        )}
      </li>
    ))}
  </ol>
);

const Steps = ({ report, onPick }: { report: TraceAnalysisReport } & Picks) => {
  const length = Math.max(report.duration_seconds, 1e-9);
  return (
    <ol className={classes["steps"]}>
      {report.critical_path.slice(0, MAX_STEPS).map((step) => (
        <li key={`${step.span_id}/${step.offset_seconds}`}>
          <button type="button" className={classes["step"]} onClick={() => onPick(step.span_id)}>
            <span className={classes["stepName"]}>
              {step.name} <span className="dim">{step.agent || step.service}</span>
            </span>
            <span className={classes["track"]} aria-hidden>
              <span
                style={{
                  left: `${(step.offset_seconds / length) * 100}%`,
                  width: `${(step.seconds / length) * 100}%`,
                }}
              />
            </span>
            <span className="num">{formatValue(step.seconds, "seconds")}</span>
          </button>
        </li>
      ))}
    </ol>
  );
};

const Kinds = ({ report }: { report: TraceAnalysisReport }) => (
  <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="Table of own times">
    <table className={table["table"]}>
      <thead>
        <tr>
          <th>Span</th>
          <th>Agent</th>
          <th className={table["right"]}>Spans</th>
          <th className={table["right"]}>Own time</th>
          <th className={table["right"]}>On the path</th>
          <th className={table["right"]}>Share of the run</th>
        </tr>
      </thead>
      <tbody>
        {report.self_times.slice(0, MAX_KINDS).map((one) => (
          <tr key={[one.name, one.agent, one.service, one.tool, one.model].join("\n")}>
            <td className={classes["wrap"]}>{one.name}</td>
            <td>{one.agent || <span className="dim">{one.service}</span>}</td>
            <td className={`${table["right"]} num`}>{formatCount(one.spans)}</td>
            <td className={`${table["right"]} num`}>{formatValue(one.self_seconds, "seconds")}</td>
            <td className={`${table["right"]} num`}>
              {formatValue(one.critical_seconds, "seconds")}
            </td>
            <td className={`${table["right"]} num`}>{formatValue(one.critical_share, "ratio")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** What the clocks and parents of a run have that is odd, in words; the pictures show times as they were sent. */
export const Oddities = ({ report, onPick }: { report: TraceAnalysisReport } & Picks) => {
  const { clock_skew: skews, missing_parents: missing, cyclic_parents: cyclic } = report;
  if (skews.length + missing.count + cyclic.count === 0) return null;
  return (
    <ul className={classes["odd"]} aria-label="What is odd about this run">
      {skews.map((skew) => (
        <li key={`${skew.parent_host}/${skew.child_host}`}>
          The clock of {skew.child_host} seems to be{" "}
          {formatValue(Math.abs(skew.offset_seconds), "seconds")}{" "}
          {skew.offset_seconds > 0 ? "ahead of" : "behind"} that of {skew.parent_host}:{" "}
          {skew.outside} of {plural(skew.spans, "span")} lie outside of their parents. Times are
          shown as they were sent.{" "}
          <button
            type="button"
            className={classes["link"]}
            onClick={() => onPick(skew.example_span_id)}
          >
            Show one
          </button>
        </li>
      ))}
      {missing.count > 0 && (
        <li>
          {plural(missing.count, "span names a parent", "spans name parents")} that has not come. It
          may be late, sampled away, or sent elsewhere.{" "}
          {missing.spans[0] !== undefined && (
            <button
              type="button"
              className={classes["link"]}
              onClick={() => onPick(missing.spans[0]?.span_id ?? "")}
            >
              Show one
            </button>
          )}
        </li>
      )}
      {cyclic.count > 0 && (
        <li>{plural(cyclic.count, "span")} in circles of parents are shown as if they had none.</li>
      )}
    </ul>
  );
};

/** What the run waited for, and what made it last longer. */
export const CriticalPath = ({ runId, onPick }: { runId: string } & Picks) => {
  const { data: report, error } = useQuery(runAnalysisQuery(runId));
  if (report === undefined)
    return error === null ? (
      <SkeletonRows rows={8} />
    ) : (
      <Failure what="The run could not be analysed" error={error} />
    );
  return (
    <>
      <Panel title="What made it last">
        {report.bottlenecks.length === 0 ? (
          <Empty title="Nothing stands out">
            <p>No wait, retry, gap or slow call takes a notable part of this run.</p>
          </Empty>
        ) : (
          <Reasons bottlenecks={report.bottlenecks} onPick={onPick} />
        )}
      </Panel>
      <Panel
        title="Critical path"
        aside={`${formatValue(report.critical_seconds, "seconds")} of ${formatValue(report.duration_seconds, "seconds")}`}
      >
        <p className={classes["hint"]}>
          The spans that the run waited for, one after the other: only making one of these shorter
          makes the run shorter.
        </p>
        <Steps report={report} onPick={onPick} />
        {report.critical_path.length > MAX_STEPS && (
          <p className="dim">
            {plural(report.critical_path.length - MAX_STEPS, "later step")} not shown.
          </p>
        )}
      </Panel>
      <Panel title="Own time by span" flush>
        <Kinds report={report} />
      </Panel>
      {report.truncated && (
        <p className="dim">Only the first {plural(report.spans, "span")} were looked at.</p>
      )}
    </>
  );
};
