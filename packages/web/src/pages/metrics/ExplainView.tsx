import type { CSSProperties } from "react";
import { useMemo } from "react";

import { formatCount, formatValue } from "../../format/units.ts";
import type { PlanNode, RangeAnswer } from "../../promql/client.ts";
import { SkeletonRows } from "../../ui/notes.tsx";
import table from "../../ui/table.module.css";
import classes from "./explain.module.css";
import { flatten } from "./plan.ts";
import type { Query } from "./explore-state.ts";
import type { Answers, Outcome } from "./use-answers.ts";

const milliseconds = (value: number): string => formatValue(value / 1000, "seconds");

const NodeRow = ({ node, depth, whole }: { node: PlanNode; depth: number; whole: number }) => (
  <tr className={table["row"]}>
    <td>
      <div className={classes["node"]} style={{ "--depth": depth } as CSSProperties}>
        <span className={classes["kind"]}>{node.kind}</span>
        <code className={classes["text"]} title={node.text}>
          {node.text}
        </code>
        {node.stepInvariant && (
          <span className={classes["once"]} title="Does not depend on the time; evaluated once">
            once
          </span>
        )}
      </div>
    </td>
    <td className={classes["figure"]}>{formatCount(node.series)}</td>
    <td className={classes["figure"]}>{formatCount(node.samples)}</td>
    <td className={classes["figure"]}>
      {node.samplesRead === 0 ? "–" : formatCount(node.samplesRead)}
    </td>
    <td>
      <div className={classes["time"]}>
        <span className={classes["bar"]} aria-hidden>
          <span
            className={classes["total"]}
            style={{ width: `${whole === 0 ? 0 : (node.totalMs / whole) * 100}%` }}
          />
          <span
            className={classes["self"]}
            style={{ width: `${whole === 0 ? 0 : (node.selfMs / whole) * 100}%` }}
          />
        </span>
        <span className={classes["ms"]}>
          {milliseconds(node.selfMs)} <span className="dim">of {milliseconds(node.totalMs)}</span>
        </span>
      </div>
    </td>
  </tr>
);

const Plan = ({ outcome, several }: { outcome: Outcome<RangeAnswer>; several: boolean }) => {
  const plan = outcome.answer?.plan ?? null;
  const rows = useMemo(() => (plan === null ? [] : flatten(plan)), [plan]);
  if (outcome.answer === null) return null;
  return (
    <div className={classes["plan"]}>
      <p className={classes["head"]}>
        {several && <b>{outcome.name} </b>}
        {formatCount(outcome.answer.samples)} samples read,{" "}
        {milliseconds(outcome.answer.tookSeconds * 1000)} in all. The dark part of a bar is the node
        itself, the light part what is below it.
      </p>
      {plan === null ? (
        <p className={classes["head"]}>The server gave no plan.</p>
      ) : (
        <div
          className={classes["scroll"]}
          tabIndex={0}
          role="region"
          aria-label={`Plan of ${outcome.name}`}
        >
          <table
            className={`${table["table"]} ${classes["table"]}`}
            aria-label={`Plan of ${outcome.name}`}
          >
            <thead>
              <tr>
                <th scope="col">Part</th>
                <th scope="col" className={table["right"]}>
                  Series
                </th>
                <th scope="col" className={table["right"]}>
                  Samples out
                </th>
                <th scope="col" className={table["right"]}>
                  Read
                </th>
                <th scope="col">Time</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ node, depth, path }) => (
                <NodeRow key={path} node={node} depth={depth} whole={plan.totalMs} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
};

interface ExplainViewProps {
  answers: Answers<RangeAnswer> | undefined;
  queries: Query[];
}

/** What each part of an expression cost, as a tree. Past the cache, so that it tells the price of a first time. */
export const ExplainView = ({ answers, queries }: ExplainViewProps) => {
  if (answers === undefined) return <SkeletonRows rows={6} height={34} />;
  const shown = answers.outcomes.filter(({ name }) =>
    queries.some((query) => query.name === name && !query.hidden),
  );
  return shown.map((outcome) => (
    <Plan key={outcome.name} outcome={outcome} several={shown.length > 1} />
  ));
};
