import type {
  MaintenanceCalendar,
  MaintenanceInput,
  MaintenanceList,
  MaintenancePreview,
  MaintenanceWindow,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, request } from "./client.ts";
import { respondPaths as paths } from "./paths.ts";

export const maintenanceKey = ["maintenance"];
const REFRESH_MS = 15_000;

export const maintenanceQuery = () =>
  queryOptions({
    queryKey: [...maintenanceKey, "list"],
    queryFn: ({ signal }) => get<MaintenanceList>(paths.maintenance(), signal),
    refetchInterval: REFRESH_MS,
  });

export const windowQuery = (id: string) =>
  queryOptions({
    queryKey: [...maintenanceKey, "window", id],
    queryFn: ({ signal }) => get<MaintenanceWindow>(paths.maintenanceWindow(id), signal),
  });

/** Every occurrence in a range; times in ISO 8601. */
export const maintenanceCalendarQuery = (start: string, end: string) =>
  queryOptions({
    queryKey: [...maintenanceKey, "calendar", start, end],
    queryFn: ({ signal }) =>
      get<MaintenanceCalendar>(paths.maintenanceCalendar(start, end), signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

export const maintenancePreviewQuery = (input: MaintenanceInput | null) =>
  queryOptions({
    queryKey: [...maintenanceKey, "preview", input],
    queryFn: ({ signal }) =>
      request<MaintenancePreview>("POST", paths.maintenancePreview(), { body: input, signal }),
    enabled: input !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });

export const saveWindow = (id: string | null, body: MaintenanceInput): Promise<MaintenanceWindow> =>
  id === null
    ? request("POST", paths.maintenance(), { body })
    : request("PUT", paths.maintenanceWindow(id), { body });

export const removeWindow = (id: string): Promise<void> =>
  request("DELETE", paths.maintenanceWindow(id));

export const endWindow = (id: string): Promise<void> =>
  request("POST", paths.endMaintenance(id), { body: {} });
