import type {
  Alert,
  AlertHistory,
  AlertRule,
  AlertsAnswer,
  AlertsSent,
  DeliveryList,
  EventList,
  MetricNames,
  Overview,
  RuleList,
  SeriesList,
  SeriesRange,
  Service,
  ServiceList,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Latency } from "../live/apply.ts";
import { LATENCY_POINTS } from "../live/apply.ts";
import { get } from "./client.ts";
import { paths } from "./paths.ts";

/** Hours that the history of alerts goes back. */
export const HISTORY_HOURS = 24;
const EVENTS_SHOWN = 50;
/** The most that the server answers at once. */
const SERIES_LIMIT = 500;
const NAMES_LIMIT = 5000;
/** How far back the sparklines of the services' table look. */
const LATENCY_WINDOW_MS = 15 * 60_000;

/** First parts of the cache's keys; the live connection writes under them. */
export const keys = {
  overview: ["overview"],
  readings: ["readings"],
  services: ["services"],
  latency: ["latency"],
  events: ["events"],
  alerts: ["alerts"],
  alertHistory: ["alert-history"],
  alert: (id: string) => ["alert", id],
  deliveries: (id: string) => ["deliveries", id],
  service: (id: string) => ["service", id],
  serviceEvents: (id: string) => ["service-events", id],
  rules: ["rules"],
  rule: (id: string) => ["rule", id],
  ranges: ["range"],
};

export const overviewQuery = () =>
  queryOptions({
    queryKey: keys.overview,
    queryFn: ({ signal }) => get<Overview>(paths.overview(), signal),
  });

/** Readings of the overview since the console was opened; filled by the live connection and by polling. */
export const readingsQuery = () =>
  queryOptions<Overview[]>({
    queryKey: keys.readings,
    queryFn: () => [],
    staleTime: Infinity,
    refetchInterval: false,
    gcTime: Infinity,
  });

export const servicesQuery = () =>
  queryOptions({
    queryKey: keys.services,
    queryFn: ({ signal }) => get<ServiceList>(paths.services(), signal),
  });

const latencyOf = (range: SeriesRange): Record<string, Latency> => {
  const all: Record<string, Latency> = {};
  for (const { labels, timestamps, values } of range.series) {
    const service = labels["service"];
    if (service === undefined) continue;
    all[service] = {
      timestamps: timestamps.slice(-LATENCY_POINTS),
      values: values.slice(-LATENCY_POINTS),
    };
  }
  return all;
};

/** Response times of every service for its sparkline; the live connection adds each check. */
export const latencyQuery = () =>
  queryOptions({
    queryKey: keys.latency,
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const path = paths.range(
        "probe_duration_seconds",
        now - LATENCY_WINDOW_MS,
        now,
        LATENCY_POINTS,
      );
      return latencyOf(await get<SeriesRange>(path, signal));
    },
  });

export const serviceQuery = (id: string) =>
  queryOptions({
    queryKey: keys.service(id),
    queryFn: ({ signal }) => get<Service>(paths.service(id), signal),
  });

export const serviceEventsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.serviceEvents(id),
    queryFn: ({ signal }) => get<EventList>(paths.serviceEvents(id, EVENTS_SHOWN), signal),
  });

export const eventsQuery = () =>
  queryOptions({
    queryKey: keys.events,
    queryFn: ({ signal }) => get<EventList>(paths.events(EVENTS_SHOWN), signal),
  });

export const alertsQuery = () =>
  queryOptions({
    queryKey: keys.alerts,
    queryFn: async ({ signal }): Promise<AlertsAnswer> => ({
      active_alerts: [],
      history: [],
      count: 0,
      ...(await get<AlertsSent>(paths.alerts(), signal)),
    }),
  });

export const alertHistoryQuery = () =>
  queryOptions({
    queryKey: keys.alertHistory,
    queryFn: ({ signal }) => get<AlertHistory>(paths.alertHistory(HISTORY_HOURS), signal),
  });

export const alertQuery = (id: string) =>
  queryOptions({
    queryKey: keys.alert(id),
    queryFn: ({ signal }) => get<Alert>(paths.alert(id), signal),
  });

export const deliveriesQuery = (id: string) =>
  queryOptions({
    queryKey: keys.deliveries(id),
    queryFn: ({ signal }) => get<DeliveryList>(paths.alertDeliveries(id), signal),
    // No topic of the live connection tells of attempts.
    refetchInterval: 5000,
  });

export const rulesQuery = () =>
  queryOptions({
    queryKey: keys.rules,
    queryFn: ({ signal }) => get<RuleList>(paths.rules(), signal),
    refetchInterval: 10_000,
  });

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: keys.rule(id),
    queryFn: ({ signal }) => get<AlertRule>(paths.rule(id), signal),
  });

export const metricNamesQuery = (search = "", limit = NAMES_LIMIT) =>
  queryOptions({
    queryKey: ["metric-names", search, limit],
    queryFn: ({ signal }) => get<MetricNames>(paths.metricNames(search, limit), signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const seriesQuery = (match: string, refetchInterval = 10_000) =>
  queryOptions({
    queryKey: ["series", match],
    queryFn: ({ signal }) => get<SeriesList>(paths.series(match, SERIES_LIMIT), signal),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
