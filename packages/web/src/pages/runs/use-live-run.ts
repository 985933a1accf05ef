import type { LeanSpan } from "@fleetlight/contract";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import type { StreamEvent } from "../../api/event-stream.ts";
import { follow, type Phase } from "../../api/follow.ts";
import { runPaths } from "../../api/paths.ts";
import type { LoadedRun } from "../../api/run-spans.ts";
import { runQuery, runTreeQuery } from "../../api/runs.ts";
import { newsSteps, NO_NEWS, withNews, type News } from "./news.ts";
import type { SpanTree } from "./span-tree.ts";
import { useSliced } from "./use-sliced.ts";

/** News wait this long for more; those of a long run, whose tree takes longer to make, longer. */
const GATHER_MS = 100;
const GATHER_LONG_MS = 2000;
const LONG_SPANS = 20_000;
/** The figures of the run are asked for again at most this often while spans come. */
const FIGURES_MS = 1000;

interface Tail {
  news: News;
  phase: Phase;
}

const NOTHING: Tail = { news: NO_NEWS, phase: "connecting" };

interface Following {
  /** How many spans there are, and when they were loaded, Unix milliseconds. */
  spans: number;
  loadedMs: number;
}

/** What comes of a run while it goes on. */
function useTail(runId: string, goesOn: boolean, following: Following): Tail {
  const client = useQueryClient();
  const [tail, setTail] = useState<Tail>(NOTHING);
  const known = useRef(following);
  useEffect(() => {
    known.current = following;
  }, [following]);
  useEffect(() => {
    if (!goesOn) return undefined;
    let waiting: LeanSpan[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let askedMs = 0;
    const reload = () => void client.invalidateQueries({ queryKey: ["run-tree", runId] });
    const tell = () => {
      timer = undefined;
      const [fresh, nowMs] = [waiting, Date.now()];
      waiting = [];
      const { loadedMs } = known.current;
      setTail((old) => ({ ...old, news: withNews(old.news, fresh, { nowMs, loadedMs }) }));
      if (nowMs - askedMs < FIGURES_MS) return;
      askedMs = nowMs;
      void client.invalidateQueries({ queryKey: runQuery(runId).queryKey });
    };
    const hear = ({ event, data }: StreamEvent) => {
      // What was left out is in the store.
      if (event === "dropped") reload();
      if (event !== "spans") return;
      for (const span of data as LeanSpan[]) waiting.push(span);
      timer ??= setTimeout(tell, known.current.spans > LONG_SPANS ? GATHER_LONG_MS : GATHER_MS);
    };
    const stop = follow(runPaths.tail(runId), {
      onEvents: (events) => events.forEach(hear),
      onPhase: (phase) => {
        setTail((old) => ({ ...old, phase }));
        // What came before somebody listened is in the store.
        if (phase === "live") reload();
      },
    });
    return () => {
      stop();
      clearTimeout(timer);
      if (waiting.length > 0) reload();
    };
  }, [client, runId, goesOn]);
  return tail;
}

/** A run as it was loaded, and what came of it since then. */
export function useLiveRun(runId: string, goesOn: boolean) {
  const { data, error, dataUpdatedAt } = useQuery(runTreeQuery(runId));
  const spans = data?.tree.spans.length ?? 0;
  const following = useMemo(() => ({ spans, loadedMs: dataUpdatedAt }), [spans, dataUpdatedAt]);
  const { news, phase } = useTail(runId, goesOn, following);
  const base = data?.tree;
  const tree = useSliced(useMemo(() => () => newsSteps(base, news), [base, news]));
  // Until the news are in their places what was loaded is shown, or what was shown before.
  const shown: SpanTree | undefined = news.spans.length === 0 ? base : (tree ?? base);
  const loaded: LoadedRun | undefined =
    data === undefined || shown === undefined ? undefined : { tree: shown, whole: data.whole };
  return { loaded, error, phase };
}
