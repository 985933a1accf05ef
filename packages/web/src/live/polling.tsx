import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { keys, overviewQuery, readingsQuery } from "../api/queries.ts";
import { addReading } from "./apply.ts";
import { useLiveState } from "./live.tsx";
import type { Overview } from "@fleetlight/contract";

/** How often the pages ask while there is no live connection. */
const POLL_MS = 5000;

/** Keeps the console going by asking every few seconds while the live connection is away. Draws nothing. */
export const LivePolling = () => {
  const cache = useQueryClient();
  const { phase } = useLiveState();
  useQuery(readingsQuery());
  const { data } = useQuery(overviewQuery());
  useEffect(() => {
    if (data === undefined) return;
    cache.setQueryData<Overview[]>(keys.readings, (old) => addReading(old ?? [], data));
  }, [cache, data]);
  useEffect(() => {
    if (phase === "live") return undefined;
    const timer = setInterval(() => {
      if (document.hidden) return;
      // Ranges poll by themselves; they are the costly ones.
      void cache.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== "range" && queryKey[0] !== "readings",
      });
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [cache, phase]);
  return null;
};
