import type { Trace } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback } from "react";

import type { LoadedRun } from "../../api/run-spans.ts";
import type { Phase } from "../../api/follow.ts";
import { runAnalysisQuery } from "../../api/runs.ts";
import type { RunSearch, RunView as View } from "../../app/run-search.ts";
import { formatDateTime } from "../../format/time.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { Ago } from "../../ui/time.tsx";
import { CriticalPath, Oddities } from "./CriticalPath.tsx";
import classes from "./run.module.css";
import { costWords, runName, tokenWords } from "./run-words.ts";
import { RunTime } from "./RunTime.tsx";
import { Hands, Usage } from "./RunUsage.tsx";
import { SpanPanel } from "./SpanPanel.tsx";
import type { SpanTree } from "./span-tree.ts";
import { useLiveRun } from "./use-live-run.ts";

const Conversation = lazy(async () => ({
  default: (await import("./Conversation.tsx")).Conversation,
}));
const Flame = lazy(async () => ({ default: (await import("./Flame.tsx")).Flame }));
const SwimLanes = lazy(async () => ({ default: (await import("./SwimLanes.tsx")).SwimLanes }));
const RunLogs = lazy(async () => ({ default: (await import("../logs/RunLogs.tsx")).RunLogs }));
const Compare = lazy(async () => ({ default: (await import("./Compare.tsx")).Compare }));

/** Texts of longer runs are not loaded: they would be many megabytes, which a browser reads at one go. */
const MAX_SAID_SPANS = 10_000;

const TABS: readonly { view: View | undefined; word: string }[] = [
  { view: undefined, word: "Time" },
  { view: "conversation", word: "Conversation" },
  { view: "agents", word: "Agents" },
  { view: "flame", word: "Flame graph" },
  { view: "path", word: "Critical path" },
  { view: "logs", word: "Logs" },
  { view: "compare", word: "Compare" },
];

interface RunViewProps {
  run: Trace;
  search: RunSearch;
  change: (next: RunSearch) => void;
}

const Tabs = ({ view, onView }: { view: View | undefined; onView: (view?: View) => void }) => (
  <nav className={table["tabs"]} aria-label="How the run is shown">
    {TABS.map((tab) => (
      <button
        key={tab.word}
        type="button"
        className={[table["tab"], classes["tab"]].join(" ")}
        {...(tab.view === view && { "aria-current": "page" as const })}
        onClick={() => onView(tab.view)}
      >
        {tab.word}
      </button>
    ))}
  </nav>
);

/** Figures of the run in a strip. */
export const RunFacts = ({ run }: { run: Trace }) => (
  <div className={classes["strip"]}>
    <Facts
      rows={[
        ["Began", formatDateTime(Date.parse(run.start))],
        [
          run.state === "running" ? "Lasts" : "Lasted",
          formatValue(run.duration_seconds, "seconds"),
        ],
        ["Service", run.service],
        ["Spans", formatCount(run.spans)],
        ["Errors", formatCount(run.errors)],
        ["Tokens", tokenWords(run)],
        ["Cost", costWords(run)],
        ["Trace", <code key="id">{run.trace_id}</code>],
      ]}
    />
  </div>
);

const Stale = ({ run }: { run: Trace }) => (
  <p className={classes["stale"]}>
    Nothing was heard of this run since <Ago at={run.last_news} />, although it was not over. Its
    process may have been killed, or may no longer reach Fleetlight.
  </p>
);

const Picture = ({
  run,
  tree,
  search,
  change,
  onPick,
}: RunViewProps & { tree: SpanTree; onPick: (span?: string) => void }) => {
  const { trace_id: id } = run;
  const { view, find = "", span, with: other } = search;
  if (view === "conversation" && run.spans > MAX_SAID_SPANS)
    return (
      <Empty title="Too many spans to be read as a conversation">
        <p>
          This run has {formatCount(run.spans)} spans; up to {formatCount(MAX_SAID_SPANS)} are read
          with their texts. Choose a span in Time to read what was said in it, or look for words in
          the list of runs.
        </p>
      </Empty>
    );
  if (view === "conversation")
    return <Conversation runId={id} find={search.find} onPick={onPick} />;
  if (view === "agents") return <SwimLanes tree={tree} chosen={span} onPick={onPick} />;
  if (view === "flame") return <Flame tree={tree} onPick={onPick} />;
  if (view === "logs") return <RunLogs traceId={id} />;
  if (view === "path") return <CriticalPath runId={id} onPick={onPick} />;
  if (view === "compare")
    return (
      <Compare
        runId={id}
        name={runName(run)}
        other={other}
        onOther={(next) => {
          const { with: _, ...rest } = search;
          change(next === undefined ? rest : { ...rest, with: next });
        }}
        onPick={onPick}
      />
    );
  return (
    <RunTime
      runId={id}
      tree={tree}
      find={find}
      chosen={span}
      onFind={(next) => {
        const { find: _, ...rest } = search;
        change(next === "" ? rest : { ...rest, find: next });
      }}
      onPick={onPick}
    />
  );
};

const Odd = ({ id, onPick }: { id: string; onPick: (span: string) => void }) => {
  const { data } = useQuery(runAnalysisQuery(id));
  return data === undefined ? null : <Oddities report={data} onPick={onPick} />;
};

const PHASES: Readonly<Record<Phase, string>> = {
  connecting: "Waiting for the stream of spans.",
  live: "Live: spans show as they come.",
  down: "The stream of spans is interrupted; it is tried again every few seconds.",
};

/** Whether a run that goes on is followed. */
const Live = ({ phase }: { phase: Phase }) => (
  <p className={classes["live"]} role="status" data-phase={phase}>
    {PHASES[phase]}
  </p>
);

/** Says how much has come, while parts are on their way; else why nothing has. */
const Loading = ({
  run,
  loaded,
  error,
}: {
  run: Trace;
  loaded: LoadedRun | undefined;
  error: Error | null;
}) => {
  if (loaded?.whole === true) return null;
  if (loaded !== undefined) {
    const { length } = loaded.tree.spans;
    return (
      <p className="dim" role="status">
        {formatCount(length)} of {plural(Math.max(run.spans, length), "span")} have come; the others
        follow.
      </p>
    );
  }
  return error === null ? (
    <SkeletonRows rows={12} height={28} />
  ) : (
    <Failure what="The spans could not be loaded" error={error} />
  );
};

/** A run in one of its pictures, and the span of it that is looked at. */
export const RunView = ({ run, search, change }: RunViewProps) => {
  const { trace_id: id } = run;
  const goesOn = run.state === "running";
  const { loaded: data, error, phase } = useLiveRun(id, goesOn);
  const { span, view } = search;
  const onPick = useCallback(
    (next?: string) => {
      const { span: _, ...rest } = search;
      change(next === undefined || next === "" ? rest : { ...rest, span: next });
    },
    [search, change],
  );
  const onView = (next?: View) => {
    const { view: _, ...rest } = search;
    change(next === undefined ? rest : { ...rest, view: next });
  };
  return (
    <>
      {run.state === "stale" && <Stale run={run} />}
      {data?.whole === true && <Odd id={id} onPick={onPick} />}
      <Tabs view={view} onView={onView} />
      {goesOn && <Live phase={phase} />}
      <Loading run={run} loaded={data} error={error} />
      {data !== undefined && (
        <div className={classes["matter"]} data-beside={span !== undefined || undefined}>
          <div className={classes["picture"]}>
            <Suspense fallback={<SkeletonRows rows={8} />}>
              <Picture run={run} tree={data.tree} search={search} change={change} onPick={onPick} />
            </Suspense>
          </div>
          {span !== undefined && (
            <SpanPanel
              runId={id}
              spanId={span}
              tree={data.tree}
              find={search.find}
              onClose={() => onPick()}
            />
          )}
        </div>
      )}
      <div className={classes["below"]}>
        {run.usage.length > 0 && <Usage run={run} />}
        {run.edges.length > 0 && <Hands run={run} />}
      </div>
    </>
  );
};
