import type {
  AlertInsights,
  Incident,
  IncidentDetail,
  IncidentList,
  Timeline,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { readAuthor } from "./acknowledge.ts";
import { get, request } from "./client.ts";
import { respondPaths as paths } from "./paths.ts";

export const incidentsKey = ["incidents"];
const REFRESH_MS = 5000;
const TIMELINE_ENTRIES = 500;
/** Incidents of one page of the list. */
const PAGE = 100;

export interface IncidentFilter {
  status?: string | undefined;
  severity?: string | undefined;
}

export const incidentsQuery = ({ status, severity }: IncidentFilter) =>
  queryOptions({
    queryKey: [...incidentsKey, "list", status, severity],
    queryFn: ({ signal }) =>
      get<IncidentList>(paths.incidents({ status, severity, limit: PAGE }), signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: [...incidentsKey, "one", id],
    queryFn: ({ signal }) => get<IncidentDetail>(paths.incident(id), signal),
    refetchInterval: REFRESH_MS,
  });

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: [...incidentsKey, "timeline", id],
    queryFn: ({ signal }) => get<Timeline>(paths.incidentTimeline(id, TIMELINE_ENTRIES), signal),
    refetchInterval: REFRESH_MS,
  });

/** Does something with an incident in the name of whoever uses this browser. */
export const actOnIncident = (
  id: string,
  action: string,
  body: Record<string, unknown> = {},
): Promise<Incident> => {
  const by = readAuthor().trim();
  return request("POST", paths.incidentAction(id, action), {
    body: by === "" ? body : { by, ...body },
  });
};

export const insightsQuery = (start: string, end: string) =>
  queryOptions({
    queryKey: ["alert-insights", start, end],
    queryFn: ({ signal }) => get<AlertInsights>(paths.insights(start, end), signal),
    placeholderData: keepPreviousData,
  });
