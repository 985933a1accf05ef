import type { TraceSpan } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useRef } from "react";

import { runAnalysisQuery, runTextsQuery } from "../../api/runs.ts";
import { FindBar } from "./FindBar.tsx";
import { findSteps } from "./find-spans.ts";
import classes from "./run.module.css";
import { belowOf, type SpanTree } from "./span-tree.ts";
import { useSliced } from "./use-sliced.ts";
import { Waterfall, type WaterfallHandle } from "./Waterfall.tsx";

/** Texts of longer runs are not loaded to be searched: they would be many megabytes. */
const MAX_TEXT_SPANS = 5000;

const NOTHING: ReadonlyMap<string, TraceSpan> = new Map();

/** Lines on which the words are found; texts are loaded when somebody begins to look for something. */
const useFound = (runId: string, tree: SpanTree, find: string) => {
  const words = useDeferredValue(find);
  const withTexts = find !== "" && tree.spans.length <= MAX_TEXT_SPANS;
  const texts = useQuery({ ...runTextsQuery(runId), enabled: withTexts });
  const loaded = useMemo(
    () => new Map(texts.data?.all_spans.map((span) => [span.span_id, span])),
    [texts.data],
  );
  const found = useSliced(
    useMemo(
      () => () => findSteps(tree, words, withTexts ? loaded : NOTHING),
      [tree, words, loaded, withTexts],
    ),
  );
  const hits = useMemo(() => new Set(found?.lines), [found]);
  return { found, hits };
};

interface RunTimeProps {
  runId: string;
  tree: SpanTree;
  find: string;
  chosen: string | undefined;
  onFind: (find: string) => void;
  onPick: (span?: string) => void;
}

/** The waterfall with what looks through it. */
export const RunTime = ({ runId, tree, find, chosen, onFind, onPick }: RunTimeProps) => {
  const waterfall = useRef<WaterfallHandle>(null);
  const { found, hits } = useFound(runId, tree, find);
  const { data: report } = useQuery(runAnalysisQuery(runId));
  const critical = useMemo(
    () => new Set(report?.critical_path.map(({ span_id }) => span_id)),
    [report],
  );
  const skewed = useMemo(
    () => new Set(report?.clock_skew.map(({ example_span_id }) => example_span_id)),
    [report],
  );
  const foldAll = () => {
    const ids = new Set<string>();
    for (const [line, place] of tree.spanOf.entries())
      if ((tree.depthOf[line] ?? 0) > 0 && belowOf(tree, line) > 0) ids.add(tree.spans.idOf(place));
    waterfall.current?.fold(ids);
  };
  return (
    <div className={classes["time"]}>
      <div className={classes["tools"]}>
        <FindBar
          find={find}
          found={find === "" ? undefined : found}
          note={
            tree.spans.length > MAX_TEXT_SPANS
              ? "Names, agents, tools, models and errors are searched; texts of runs this long are not."
              : undefined
          }
          onFind={onFind}
          onHit={(line) => {
            waterfall.current?.show(line);
            onPick(tree.spans.idOf(tree.spanOf[line] ?? 0));
          }}
        />
        <Button variant="default" size="xs" onClick={foldAll}>
          Fold all
        </Button>
        <Button
          variant="default"
          size="xs"
          onClick={() => waterfall.current?.fold(new Set<string>())}
        >
          Unfold all
        </Button>
        <span className={classes["legend"]}>
          <span className={classes["critical"]} aria-hidden /> on the critical path
        </span>
      </div>
      <Waterfall
        handle={waterfall}
        tree={tree}
        chosen={chosen}
        critical={critical}
        skewed={skewed}
        hits={hits}
        onPick={onPick}
      />
    </div>
  );
};
