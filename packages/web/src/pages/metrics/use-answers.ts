import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { ApiError } from "../../api/client.ts";
import type { Exemplar, InstantAnswer, RangeAnswer, RangeTimes } from "../../promql/client.ts";
import { queryExemplars, queryInstant, queryRange, queryRangeText } from "../../promql/client.ts";
import type { Query } from "./explore-state.ts";
import { stretchOf, timesOf } from "./explore-state.ts";

/** What one query came to: one of `answer` and `error`. */
export interface Outcome<T> {
  name: string;
  expression: string;
  answer: T | null;
  error: ApiError | null;
}

/** What all queries of the page came to, for the same times. */
export interface Answers<T> {
  view: View;
  times: RangeTimes;
  outcomes: Outcome<T>[];
}

export type View = "graph" | "table" | "explain" | "json";

export type AnswersOf = {
  graph: RangeAnswer;
  table: InstantAnswer;
  explain: RangeAnswer;
  json: string;
};

/** A live page asks no more often than this, and no less often. */
const FASTEST_MS = 2000;
const SLOWEST_MS = 60_000;

type Ask<T> = (expression: string, times: RangeTimes, signal: AbortSignal) => Promise<T>;

const ASK: { [V in View]: Ask<AnswersOf[V]> } = {
  graph: (expression, times, signal) => queryRange(expression, times, signal),
  table: (expression, { endMs }, signal) => queryInstant(expression, endMs, signal),
  explain: (expression, times, signal) => queryRange(expression, times, signal, true),
  json: (expression, times, signal) => queryRangeText(expression, times, signal),
};

/** Asks all at once; one that is refused leaves the others alone, and a change of mind ends them all. */
const askAll = async <T>(
  view: View,
  ask: Ask<T>,
  queries: readonly Query[],
  times: RangeTimes,
  signal: AbortSignal,
): Promise<Answers<T>> => {
  const outcomes = await Promise.all(
    queries.map(async ({ name, expression }): Promise<Outcome<T>> => {
      try {
        return { name, expression, answer: await ask(expression, times, signal), error: null };
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiError)) throw error;
        return { name, expression, answer: null, error };
      }
    }),
  );
  // A server that is away is no answer: what is drawn stays, and the question is asked again.
  const away = outcomes.find(({ error }) => error?.status === 0)?.error;
  if (away !== null && away !== undefined) throw away;
  return { view, times, outcomes };
};

/** How often a live page asks; undefined when it stands still. */
const refreshOf = (search: ExploreSearch): number | false => {
  if (search.live === false || !("windowMs" in stretchOf(search))) return false;
  const { stepMs } = timesOf(search, Date.now());
  return Math.min(SLOWEST_MS, Math.max(FASTEST_MS, stepMs));
};

const askedOf = (queries: readonly Query[]) =>
  queries.filter(({ expression, hidden }) => expression.trim() !== "" && !hidden);

const keyOf = (search: ExploreSearch) => [stretchOf(search), search.step ?? "auto"];

/**
 * Answers to the visible queries. Another question cancels the one before; a live page asks again by itself, but not
 * while nobody looks.
 */
export const useAnswers = <V extends View>(view: V, search: ExploreSearch, queries: Query[]) => {
  const asked = askedOf(queries);
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery({
    queryKey: [
      "range",
      "promql",
      view,
      asked.map(({ name, expression }) => [name, expression]),
      ...keyOf(search),
    ],
    queryFn: ({ signal }) =>
      askAll<AnswersOf[V]>(
        view,
        ASK[view] as Ask<AnswersOf[V]>,
        asked,
        timesOf(search, Date.now()),
        signal,
      ),
    enabled: asked.length > 0,
    placeholderData: keepPreviousData,
    // Answers hold columns; comparing them value by value would cost more than drawing them.
    structuralSharing: false,
    staleTime: 1000,
    gcTime: 30_000,
    refetchInterval: view === "graph" || view === "table" ? refreshOf(search) : false,
  });
  // What is kept of another view has another shape.
  const kept = data?.view === view ? data : undefined;
  return { data: kept, error, isFetching, isPlaceholderData, refetch };
};

/** Exemplars of the visible queries. */
export const useExemplars = (search: ExploreSearch, queries: Query[]) => {
  const asked = askedOf(queries);
  return useQuery({
    queryKey: ["range", "exemplars", asked.map(({ expression }) => expression), ...keyOf(search)],
    queryFn: async ({ signal }): Promise<Exemplar[]> => {
      const times = timesOf(search, Date.now());
      const all = await Promise.all(
        asked.map(({ expression }) => queryExemplars(expression, times, signal).catch(() => [])),
      );
      return all.flat();
    },
    enabled: search.ex === true && asked.length > 0,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    refetchInterval: refreshOf(search),
  });
};
