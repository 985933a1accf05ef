import type { FleetDiff, FleetReplay } from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get } from "./client.ts";
import { fleetPaths } from "./paths.ts";

const LIVE_MS = 5000;
/** Longer ranges come from the tables, and change little from one second to the next. */
const LONG_MS = 30_000;
/** Steps of the slider. */
export const FRAMES = 60;

const ago = (hours: number) => Math.floor(Date.now() / 1000 - hours * 3600);
const pauseOf = (hours: number) => (hours > 1 ? LONG_MS : LIVE_MS);

export const fleetQuery = (hours = 1, service?: string) =>
  queryOptions({
    queryKey: ["fleet", hours, service ?? ""],
    queryFn: ({ signal }) => {
      const step = (hours * 3600) / FRAMES;
      return get<FleetReplay>(fleetPaths.replay({ start: ago(hours), step, service }), signal);
    },
    refetchInterval: pauseOf(hours),
    placeholderData: keepPreviousData,
  });

/** The range that ends now, and the equally long one before it. */
export const fleetDiffQuery = (hours = 1, service?: string) =>
  queryOptions({
    queryKey: ["fleet-diff", hours, service ?? ""],
    queryFn: ({ signal }) =>
      get<FleetDiff>(fleetPaths.diff({ start: ago(hours), service }), signal),
    refetchInterval: LONG_MS,
    placeholderData: keepPreviousData,
  });
