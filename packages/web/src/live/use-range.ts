import type { SeriesRange } from "@fleetlight/contract";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import { get } from "../api/client.ts";
import { paths } from "../api/paths.ts";
import { keys } from "../api/queries.ts";
import { matches, parseSelector } from "../format/selector.ts";
import { appendSamples } from "./apply.ts";
import { useFeed, useLiveState } from "./live.tsx";

/** A stretch of time: the last `windowMs` up to now, or fixed Unix milliseconds. */
export type Stretch = { windowMs: number } | { from: number; to: number };

/** Points asked for per series; a chart is seldom wider. */
const MAX_POINTS = 600;
/** A live range is asked anew this often (at least), which heals gaps and lets old points be thinned out. */
const LEAST_REFRESH_MS = 60_000;
const POLL_MS = 5000;

const bounds = (stretch: Stretch, now: number): [number, number] =>
  "windowMs" in stretch ? [now - stretch.windowMs, now] : [stretch.from, stretch.to];

interface Options {
  live: boolean;
  enabled?: boolean;
  maxPoints?: number;
}

/**
 * Samples of every series of a selector. While `live`, new samples are appended as they arrive; without a live
 * connection the range is polled. Series that appear later are found by asking anew.
 */
export const useRange = (match: string, stretch: Stretch, options: Options) => {
  const { live, enabled = true, maxPoints = MAX_POINTS } = options;
  const relative = "windowMs" in stretch;
  const follows = live && relative && enabled && match !== "";
  const feed = useFeed();
  const cache = useQueryClient();
  const { phase } = useLiveState();
  const fingerprint = "windowMs" in stretch ? stretch.windowMs : `${stretch.from}-${stretch.to}`;
  const key = useMemo(
    () => [...keys.ranges, match, fingerprint, maxPoints],
    [match, fingerprint, maxPoints],
  );
  const refreshMs = relative ? Math.max(LEAST_REFRESH_MS, stretch.windowMs / 20) : false;
  const answer = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => {
      const [from, to] = bounds(stretch, Date.now());
      return get<SeriesRange>(paths.range(match, from, to, maxPoints), signal);
    },
    enabled: enabled && match !== "",
    placeholderData: keepPreviousData,
    refetchInterval: follows ? (phase === "live" ? refreshMs : POLL_MS) : false,
  });

  const windowMs = relative ? stretch.windowMs : 0;
  useEffect(() => {
    if (!follows) return undefined;
    const selector = parseSelector(match);
    let asked = 0;
    const stopListening = feed.onSamples((message) => {
      const old = cache.getQueryData<SeriesRange>(key);
      if (old === undefined) return;
      const next = appendSamples(old, message.series, Date.now() - windowMs);
      if (next !== old) cache.setQueryData(key, next);
      const known = new Set(old.series.map((series) => series.id));
      const isNew = message.series.some(
        ({ id, labels }) =>
          labels !== undefined && !known.has(id) && selector !== null && matches(selector, labels),
      );
      // Beyond what the answer may hold, an unknown series is no news.
      if (isNew && old.matched === old.series.length && Date.now() - asked > POLL_MS) {
        asked = Date.now();
        void cache.invalidateQueries({ queryKey: key });
      }
    });
    const unfollow = feed.connection.follow(match);
    return () => {
      stopListening();
      unfollow();
    };
  }, [follows, match, key, windowMs, feed, cache]);

  return answer;
};
