import type { ComparedNode, TraceComparison } from "@fleetlight/contract";
import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { runComparisonQuery, runsQuery } from "../../api/runs.ts";
import { formatDateTime } from "../../format/time.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import classes from "./compare.module.css";
import { changeOf, type Change } from "./compare.ts";
import { LongText } from "./LongText.tsx";
import { costWords, runName, RUN_WORDS, runState, tokenWords } from "./run-words.ts";
import { readable } from "./texts.ts";

/** Rows that are drawn; what differs most comes with them. */
const MAX_NODES = 300;
const MAX_ANSWERS = 20;

const Figure = ({ change }: { change: Change }) => (
  <span className={classes["change"]} data-kind={change.kind}>
    {change.words}
  </span>
);

const Node = ({ node, onPick }: { node: ComparedNode; onPick: (span: string) => void }) => {
  const { a, b, name, agent, depth } = node;
  const seconds = (side: typeof a) =>
    side === null ? <span className="dim">not there</span> : formatValue(side.seconds, "seconds");
  return (
    <tr className={table["row"]}>
      <td style={{ paddingInlineStart: 16 + Math.min(depth, 16) * 12 }}>
        <button
          type="button"
          className={classes["name"]}
          disabled={a === null}
          onClick={() => onPick(a?.first_span_id ?? "")}
        >
          {name}
        </button>{" "}
        <span className="dim">{agent}</span>
        {Math.max(a?.spans ?? 0, b?.spans ?? 0) > 1 && (
          <span className="dim num">
            {" "}
            × {formatCount(a?.spans ?? 0)} and {formatCount(b?.spans ?? 0)}
          </span>
        )}
      </td>
      <td className={`${table["right"]} num`}>{seconds(a)}</td>
      <td className={`${table["right"]} num`}>{seconds(b)}</td>
      <td className={table["right"]}>
        <Figure change={changeOf(a, b)} />
      </td>
    </tr>
  );
};

const Sides = ({ data }: { data: TraceComparison }) => {
  const rows: [string, (run: TraceComparison["a"]) => string][] = [
    ["Run", runName],
    ["Began", ({ start }) => formatDateTime(Date.parse(start))],
    ["State", (run) => RUN_WORDS[runState(run)]],
    ["Lasted", ({ duration_seconds }) => formatValue(duration_seconds, "seconds")],
    ["Spans", ({ spans }) => formatCount(spans)],
    ["Errors", ({ errors }) => formatCount(errors)],
    ["Tokens", tokenWords],
    ["Cost", costWords],
  ];
  return (
    <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="The two runs">
      <table className={table["table"]}>
        <thead>
          <tr>
            <td />
            <th>This run</th>
            <th>The other</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([word, of]) => (
            <tr key={word}>
              <th scope="row">{word}</th>
              <td className="num">{of(data.a)}</td>
              <td className="num">{of(data.b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const Differences = ({
  data,
  onPick,
}: {
  data: TraceComparison;
  onPick: (span: string) => void;
}) => {
  const [all, setAll] = useState(false);
  const differing = data.nodes.filter(({ a, b }) => changeOf(a, b).kind !== "same");
  const shown = all ? data.nodes : differing;
  return (
    <Panel
      title="Span by span"
      aside={
        <Button size="compact-xs" variant="default" onClick={() => setAll(!all)}>
          {all ? "Only what differs" : `All ${formatCount(data.nodes.length)}`}
        </Button>
      }
      flush
    >
      {shown.length === 0 ? (
        <Empty title="No span differs notably" />
      ) : (
        <div className={classes["scroll"]} tabIndex={0} role="region" aria-label="Spans compared">
          <table className={table["table"]}>
            <thead>
              <tr>
                <th>Span</th>
                <th className={table["right"]}>This run</th>
                <th className={table["right"]}>The other</th>
                <th className={table["right"]}>Difference</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, MAX_NODES).map((node) => (
                <Node key={node.id} node={node} onPick={onPick} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length > MAX_NODES && (
        <p className={classes["rest"]}>{plural(shown.length - MAX_NODES, "row")} not shown.</p>
      )}
    </Panel>
  );
};

const Answers = ({ data }: { data: TraceComparison }) => (
  <Panel title="Answers that differ">
    <ul className={classes["answers"]}>
      {data.answers.slice(0, MAX_ANSWERS).map((answer) => (
        <li key={answer.node}>
          <h3>
            {answer.name} <span className="dim">{answer.agent}</span>
          </h3>
          <div className={classes["pair"]}>
            <LongText
              label={`${answer.name} in this run`}
              text={readable(answer.a)}
              truncated={answer.truncated}
            />
            <LongText
              label={`${answer.name} in the other`}
              text={readable(answer.b)}
              truncated={answer.truncated}
            />
          </div>
        </li>
      ))}
    </ul>
  </Panel>
);

const Compared = ({
  runId,
  other,
  onPick,
}: {
  runId: string;
  other: string;
  onPick: (span: string) => void;
}) => {
  const { data, error } = useQuery(runComparisonQuery(runId, other));
  if (data === undefined)
    return error === null ? (
      <SkeletonRows rows={8} />
    ) : (
      <Failure what="The runs could not be compared" error={error} />
    );
  return (
    <>
      <Panel title="Side by side" flush>
        <Sides data={data} />
      </Panel>
      <Differences data={data} onPick={onPick} />
      {data.answers.length > 0 && <Answers data={data} />}
    </>
  );
};

interface CompareProps {
  runId: string;
  name: string;
  other: string | undefined;
  onOther: (other: string | undefined) => void;
  onPick: (span: string) => void;
}

/** This run beside another of its kind. */
export const Compare = ({ runId, name, other, onOther, onPick }: CompareProps) => {
  const { data } = useQuery(runsQuery({ hours: 168 }));
  const others = (data?.traces ?? []).filter(({ trace_id }) => trace_id !== runId);
  const label = (run: (typeof others)[number]) =>
    `${runName(run)} · ${formatDateTime(Date.parse(run.start))} · ${formatValue(run.duration_seconds, "seconds")}`;
  const same = others.filter((run) => runName(run) === name);
  const options = [...same, ...others.filter((run) => runName(run) !== name)].map((run) => ({
    value: run.trace_id,
    label: label(run),
  }));
  if (other !== undefined && !options.some(({ value }) => value === other))
    options.unshift({ value: other, label: other });
  return (
    <>
      <Select
        label="Compare with"
        description="Runs of the same name stand first"
        placeholder={options.length === 0 ? "There is no other run" : "Choose a run"}
        searchable
        clearable
        limit={100}
        maw={560}
        data={options}
        value={other ?? null}
        onChange={(value) => onOther(value ?? undefined)}
      />
      {other === undefined ? (
        <Empty title="Choose another run">
          <p>
            The two are laid over one another: what is only in one of them, what took longer, cost
            more, failed, or was answered differently.
          </p>
        </Empty>
      ) : (
        <Compared runId={runId} other={other} onPick={onPick} />
      )}
    </>
  );
};
