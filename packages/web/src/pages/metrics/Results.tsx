import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { useMemo } from "react";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { formatValue, plural } from "../../format/units.ts";
import type { InstantAnswer, RangeAnswer } from "../../promql/client.ts";
import { Failure } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { ExplainView } from "./ExplainView.tsx";
import { insertQuery, queriesOf } from "./explore-state.ts";
import { AskFirst } from "./FirstMetrics.tsx";
import { GraphOptions } from "./GraphOptions.tsx";
import { GraphPanel } from "./GraphPanel.tsx";
import { InstantTable } from "./InstantTable.tsx";
import { JsonView } from "./JsonView.tsx";
import classes from "./metrics.module.css";
import type { ChangeSearch } from "./QueryList.tsx";
import { QueryList } from "./QueryList.tsx";
import type { QueryStatus } from "./QueryRow.tsx";
import { TimePicker } from "./TimePicker.tsx";
import type { Answers, AnswersOf, Outcome, View } from "./use-answers.ts";
import { useAnswers } from "./use-answers.ts";

const TABS: { view: View; word: string; about: string }[] = [
  { view: "graph", word: "Graph", about: "Values over time" },
  { view: "table", word: "Table", about: "Values at the end of the range" },
  { view: "explain", word: "Explain", about: "What each part of an expression costs" },
  { view: "json", word: "JSON", about: "The server's answer as it is" },
];

const summaryOf = (view: View, answer: AnswersOf[View]): string => {
  if (typeof answer === "string") return "";
  const count = "rows" in answer ? answer.rows.length : answer.matrix.series.length;
  const drawnNowhere = "matrix" in answer ? answer.matrix.histograms : 0;
  return [
    view === "table" ? plural(count, "row") : plural(count, "series", "series"),
    ...(drawnNowhere > 0 ? [`${plural(drawnNowhere, "histogram")} that no line can show`] : []),
    // The server reads nothing for an answer that it still has.
    answer.samples === 0 && answer.tookSeconds === 0
      ? "from the cache"
      : `${plural(answer.samples, "sample")} read in ${formatValue(answer.tookSeconds, "seconds")}`,
  ].join(", ");
};

const statusOf = (view: View, { answer, error }: Outcome<AnswersOf[View]>): QueryStatus => {
  const { warnings = [], infos = [] } = answer === null || typeof answer === "string" ? {} : answer;
  return { summary: answer === null ? "" : summaryOf(view, answer), error, warnings, infos };
};

const useStatuses = (
  view: View,
  answers: Answers<AnswersOf[View]> | undefined,
  search: ExploreSearch,
): Map<string, QueryStatus> =>
  useMemo(() => {
    const expressions = new Map(
      queriesOf(search).map(({ name, expression }) => [name, expression]),
    );
    // An answer to the question before says nothing about the one that runs now.
    const current = (answers?.outcomes ?? []).filter(
      ({ name, expression }) => expressions.get(name) === expression,
    );
    return new Map(current.map((outcome) => [outcome.name, statusOf(view, outcome)]));
  }, [view, answers, search]);

const Tabs = ({ view, onView }: { view: View; onView: (view: View) => void }) => (
  <div className={classes["tabs"]} role="tablist" aria-label="Show the answer as">
    {TABS.map(({ view: each, word, about }, index) => (
      <Tooltip key={each} label={about} withArrow openDelay={400}>
        <button
          type="button"
          role="tab"
          id={`tab-${each}`}
          aria-selected={each === view}
          aria-controls="answer"
          tabIndex={each === view ? 0 : -1}
          className={classes["tab"]}
          onClick={() => onView(each)}
          onKeyDown={({ key, currentTarget }) => {
            const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
            const next = TABS[(index + by + TABS.length) % TABS.length];
            if (by === 0 || next === undefined) return;
            onView(next.view);
            (
              currentTarget.parentElement?.querySelector(`#tab-${next.view}`) as HTMLElement
            )?.focus();
          }}
        >
          {word}
        </button>
      </Tooltip>
    ))}
  </div>
);

interface ResultsProps {
  search: ExploreSearch;
  change: ChangeSearch;
  lead: string;
  /** The metric browser beside it. */
  children: ReactNode;
}

/** The expressions and what they came to. */
export const Results = ({ search, change, lead, children }: ResultsProps) => {
  const view: View = search.v ?? "graph";
  const queries = useMemo(() => queriesOf(search), [search]);
  const result = useAnswers(view, search, queries);
  const asked = queries.some(({ expression, hidden }) => expression.trim() !== "" && !hidden);
  const answers = asked ? result.data : undefined;
  const statuses = useStatuses(view, answers, search);
  const again = () => void result.refetch();
  return (
    <Page
      title="Metrics"
      lead={lead}
      actions={
        <TimePicker
          search={search}
          change={change}
          fetching={result.isFetching}
          onRefresh={again}
        />
      }
    >
      <div className={classes["layout"]}>
        {children}
        <div className={classes["main"]}>
          <QueryList queries={queries} statuses={statuses} change={change} onAgain={again} />
          <section className={classes["panel"]} aria-label="Answer">
            <div className={classes["resultHead"]}>
              <Tabs
                view={view}
                onView={(next) =>
                  change(
                    ({ v: _view, ...rest }) => (next === "graph" ? rest : { ...rest, v: next }),
                    false,
                  )
                }
              />
              {view === "graph" && <GraphOptions search={search} change={change} />}
            </div>
            <div
              id="answer"
              role="tabpanel"
              aria-labelledby={`tab-${view}`}
              aria-busy={result.isFetching && answers === undefined}
              data-stale={result.isPlaceholderData || undefined}
              className={classes["answer"]}
            >
              {asked && result.error !== null && (
                <Failure what="The answer could not be loaded" error={result.error} />
              )}
              {asked ? (
                <Answer
                  view={view}
                  answers={answers as Answers<AnswersOf[View]> | undefined}
                  search={search}
                  queries={queries}
                  change={change}
                />
              ) : (
                <AskFirst onAsk={(expression) => change(insertQuery(expression), false)} />
              )}
            </div>
          </section>
        </div>
      </div>
    </Page>
  );
};

interface AnswerProps {
  view: View;
  answers: Answers<AnswersOf[View]> | undefined;
  search: ExploreSearch;
  queries: ReturnType<typeof queriesOf>;
  change: ChangeSearch;
}

const Answer = ({ view, answers, search, queries, change }: AnswerProps) => {
  if (view === "table")
    return (
      <InstantTable answers={answers as Answers<InstantAnswer> | undefined} queries={queries} />
    );
  if (view === "explain")
    return <ExplainView answers={answers as Answers<RangeAnswer> | undefined} queries={queries} />;
  if (view === "json") return <JsonView answers={answers as Answers<string> | undefined} />;
  return (
    <GraphPanel
      answers={answers as Answers<RangeAnswer> | undefined}
      queries={queries}
      search={search}
      change={change}
    />
  );
};
