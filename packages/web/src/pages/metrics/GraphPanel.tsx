import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMemo, useState } from "react";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { ChartSkeleton } from "../../charts/chart.tsx";
import { GridChart } from "../../charts/grid-chart.tsx";
import type { ExemplarMark } from "../../charts/exemplar-marks.ts";
import type { Threshold } from "../../charts/marks.ts";
import type { Unit } from "../../format/units.ts";
import { formatValue, plural } from "../../format/units.ts";
import type { Exemplar, RangeAnswer } from "../../promql/client.ts";
import { timesOf as columnOf } from "../../promql/columns.ts";
import { csvOfLines, download } from "./csv.ts";
import { ExemplarList } from "./ExemplarList.tsx";
import type { Query } from "./explore-state.ts";
import {
  isolated,
  onlyOf,
  stretchOf,
  toggledSeries,
  withoutView,
  withTime,
} from "./explore-state.ts";
import { LegendTable } from "./LegendTable.tsx";
import type { Answered, Picture } from "./lines.ts";
import { linesOf, MAX_LINES, picturesOf } from "./lines.ts";
import classes from "./metrics.module.css";
import type { ChangeSearch } from "./QueryList.tsx";
import type { Answers } from "./use-answers.ts";
import { useExemplars } from "./use-answers.ts";

const HEIGHT = 340;
const HEIGHT_OF_SEVERAL = 230;
const NO_EXEMPLARS: Exemplar[] = [];

interface GraphPanelProps {
  answers: Answers<RangeAnswer> | undefined;
  queries: Query[];
  search: ExploreSearch;
  change: ChangeSearch;
}

const answeredOf = (answers: Answers<RangeAnswer>, queries: Query[]): Answered[] =>
  answers.outcomes.flatMap(({ name, expression, answer }) => {
    const query = queries.find((one) => one.name === name);
    // What is still drawn of the question before keeps the text that it answers.
    return query === undefined || query.hidden || answer === null
      ? []
      : [{ query: { ...query, expression }, matrix: answer.matrix }];
  });

const useLines = (answers: Answers<RangeAnswer> | undefined, queries: Query[]) => {
  const { lines, total } = useMemo(
    () => linesOf(answers === undefined ? [] : answeredOf(answers, queries)),
    [answers, queries],
  );
  const grid = answers?.outcomes.find(({ answer }) => answer !== null)?.answer?.matrix.grid;
  const times = useMemo(() => (grid === undefined ? new Float64Array(0) : columnOf(grid)), [grid]);
  return { lines, total, times };
};

const emptyTextOf = (answers: Answers<RangeAnswer>): string => {
  const histograms = answers.outcomes.some(({ answer }) => (answer?.matrix.histograms ?? 0) > 0);
  if (histograms) return "Native histograms: wrap them in histogram_quantile() to see a line";
  return answers.outcomes.every(({ error }) => error !== null)
    ? "The expression could not be evaluated"
    : "No series in this time range";
};

const thresholdOf = ({ th }: ExploreSearch, unit: Unit): Threshold | undefined =>
  th === undefined ? undefined : { value: th, condition: "==", label: formatValue(th, unit) };

/** The expressions that a picture answers: those of its lines, or all when it is empty. */
const titleOf = (
  picture: Picture,
  { outcomes }: Answers<RangeAnswer>,
  queries: Query[],
): string => {
  const drawn = new Set(picture.lines.map(({ query }) => query));
  const visible = new Set(queries.filter(({ hidden }) => !hidden).map(({ name }) => name));
  return outcomes
    .filter(({ name }) => visible.has(name) && (drawn.size === 0 || drawn.has(name)))
    .map(({ expression }) => expression)
    .join("; ");
};

interface LegendHeadProps {
  total: number;
  /** Null when all are drawn. */
  drawn: number | null;
  onAll: () => void;
  onCsv: () => void;
}

const LegendHead = ({ total, drawn, onAll, onCsv }: LegendHeadProps) => (
  <div className={classes["legendHead"]}>
    <span className="dim num">
      {plural(total, "series", "series")}
      {total > MAX_LINES && `, the first ${MAX_LINES} of them drawn`}
      {drawn !== null && (
        <>
          {`, ${drawn} drawn. `}
          <button type="button" className={classes["textButton"]} onClick={onAll}>
            Draw all
          </button>
        </>
      )}
    </span>
    <Button
      variant="subtle"
      color="gray"
      size="compact-xs"
      leftSection={<IconDownload size={14} />}
      disabled={total === 0}
      onClick={onCsv}
    >
      CSV
    </Button>
  </div>
);

/** The answers as lines over time, and as figures. */
export const GraphPanel = ({ answers, queries, search, change }: GraphPanelProps) => {
  const { lines, total, times } = useLines(answers, queries);
  const [focused, setFocused] = useState<string | null>(null);
  const [picked, setPicked] = useState<number | null>(null);
  const found = useExemplars(search, queries).data;
  const exemplars = search.ex === true ? (found ?? NO_EXEMPLARS) : NO_EXEMPLARS;
  const only = useMemo(() => onlyOf(search), [search]);
  const kind = search.k ?? "lines";
  const pictures = useMemo(() => {
    const chosen = only === null ? lines : lines.filter(({ key }) => only.has(key));
    return picturesOf(chosen.length === 0 ? lines : chosen, kind);
  }, [lines, only, kind]);
  const keys = useMemo(() => lines.map(({ key }) => key), [lines]);
  if (answers === undefined) return <ChartSkeleton height={HEIGHT} />;
  const { startMs, endMs } = answers.times;
  const stretch = stretchOf(search);
  const { from, to } = "windowMs" in stretch ? { from: startMs, to: endMs } : stretch;
  const drawn = pictures.length === 0 ? [{ unit: "none" as const, lines: [] }] : pictures;
  return (
    <>
      {drawn.map(({ unit, lines: each }, index) => (
        <div key={unit} className={classes["chart"]}>
          <GridChart
            title={titleOf({ unit, lines: each }, answers, queries)}
            times={times}
            lines={each}
            unit={unit}
            kind={kind}
            log={search.log === true}
            from={from}
            to={Math.max(to, from + 1000)}
            height={drawn.length > 1 ? HEIGHT_OF_SEVERAL : HEIGHT}
            zeroBased={unit === "per_second" || unit === "bytes_per_second" || unit === "bytes"}
            syncKey="explore"
            exemplars={exemplars as readonly ExemplarMark[]}
            focused={focused}
            emptyText={emptyTextOf(answers)}
            threshold={index === 0 ? thresholdOf(search, unit) : undefined}
            onView={(view) => change((old) => withTime(old, view), false)}
            onReset={() => change(withoutView, false)}
            onExemplar={setPicked}
          />
        </div>
      ))}
      {search.ex === true && (
        <ExemplarList exemplars={exemplars} picked={picked} unit={drawn[0]?.unit ?? "none"} />
      )}
      <LegendHead
        total={total}
        drawn={only === null ? null : pictures.reduce((sum, one) => sum + one.lines.length, 0)}
        onAll={() => change(({ o: _only, ...rest }) => rest)}
        onCsv={() => download("metrics.csv", csvOfLines(times, lines))}
      />
      {lines.length > 0 && (
        <LegendTable
          lines={lines}
          only={only}
          badges={queries.filter(({ hidden }) => !hidden).length > 1}
          onToggle={(key) => change((old) => toggledSeries(old, key, keys))}
          onOnly={(key) => change((old) => isolated(old, key))}
          onFocus={setFocused}
        />
      )}
    </>
  );
};
