import type {
  RoutedAlertList,
  RoutedGroupList,
  RouteExplained,
  RouteTree,
  SuppressionList,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, request } from "./client.ts";
import { routingPaths as paths } from "./paths.ts";

const REFRESH_MS = 30_000;

export const routesQuery = () =>
  queryOptions({
    queryKey: ["routes"],
    queryFn: ({ signal }) => get<RouteTree>(paths.routes(), signal),
    refetchInterval: REFRESH_MS,
  });

/** The way of an alert with these labels through the tree. */
export const explainQuery = (labels: Record<string, string>) =>
  queryOptions({
    queryKey: ["route-explain", labels],
    queryFn: ({ signal }) =>
      request<RouteExplained>("POST", paths.explain(), { body: { labels }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

/** First parts of the keys of what the pipeline does; everything that changes it asks them anew. */
export const pipelineKey = ["pipeline"];
/** Suppression is computed at each tick of a group; no message tells of it, so the lists are asked anew. */
const PIPELINE_REFRESH_MS = 10_000;

export const routedAlertsQuery = () =>
  queryOptions({
    queryKey: [...pipelineKey, "alerts"],
    queryFn: ({ signal }) => get<RoutedAlertList>(paths.alerts(), signal),
    refetchInterval: PIPELINE_REFRESH_MS,
  });

export const routedGroupsQuery = () =>
  queryOptions({
    queryKey: [...pipelineKey, "groups"],
    queryFn: ({ signal }) => get<RoutedGroupList>(paths.groups(), signal),
    refetchInterval: PIPELINE_REFRESH_MS,
  });

export const suppressionsQuery = (fingerprint: string) =>
  queryOptions({
    queryKey: [...pipelineKey, "suppressions", fingerprint],
    queryFn: ({ signal }) => get<SuppressionList>(paths.suppressions(fingerprint), signal),
    refetchInterval: PIPELINE_REFRESH_MS,
  });
