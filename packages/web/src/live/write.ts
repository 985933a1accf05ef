import type {
  Alert,
  AlertHistory,
  AlertsAnswer,
  EventList,
  FleetEvent,
  Overview,
  ServerMessage,
  Service,
  ServiceList,
} from "@fleetlight/contract";
import type { QueryClient } from "@tanstack/react-query";

import { keys } from "../api/queries.ts";
import type { Latency } from "./apply.ts";
import {
  addCheck,
  addEvent,
  addReading,
  dropService,
  mergeAlerts,
  mergeHistory,
  mergeService,
} from "./apply.ts";

/** Changes what is in the cache; what nobody has asked for yet stays out of it. */
const patch = <T>(cache: QueryClient, key: readonly unknown[], change: (old: T) => T): void => {
  cache.setQueryData<T>(key, (old) => (old === undefined ? undefined : change(old)));
};

const writeOverview = (cache: QueryClient, overview: Overview): void => {
  cache.setQueryData<Overview>(keys.overview, overview);
  cache.setQueryData<Overview[]>(keys.readings, (old) => addReading(old ?? [], overview));
};

const writeService = (cache: QueryClient, service: Service): void => {
  patch<ServiceList>(cache, keys.services, (list) => mergeService(list, service));
  patch<Service>(cache, keys.service(service.id), () => service);
  patch<Record<string, Latency>>(cache, keys.latency, (all) => {
    const latency = addCheck(all[service.id], service);
    return latency === undefined || latency === all[service.id]
      ? all
      : { ...all, [service.id]: latency };
  });
};

/** Writes alerts that arrived together; the list of all of them is made anew once, not once for each. */
export const writeAlerts = (cache: QueryClient, alerts: readonly Alert[]): void => {
  if (alerts.length === 0) return;
  patch<AlertsAnswer>(cache, keys.alerts, (answer) => mergeAlerts(answer, alerts));
  for (const alert of alerts) {
    patch<AlertHistory>(cache, keys.alertHistory, (list) => mergeHistory(list, alert));
    patch<Alert>(cache, keys.alert(alert.id), () => alert);
  }
};

const writeEvent = (cache: QueryClient, event: FleetEvent): void => {
  patch<EventList>(cache, keys.events, (list) => addEvent(list, event));
  patch<EventList>(cache, keys.serviceEvents(event.service), (list) => addEvent(list, event));
};

/** Writes one message of the live connection into the cache. */
export const writeMessage = (cache: QueryClient, message: ServerMessage): void => {
  switch (message.type) {
    case "overview":
      writeOverview(cache, message.overview);
      break;
    case "service":
      writeService(cache, message.service);
      break;
    case "service_removed":
      patch<ServiceList>(cache, keys.services, (list) => dropService(list, message.id));
      break;
    case "alert":
      writeAlerts(cache, [message.alert]);
      break;
    case "event":
      writeEvent(cache, message.event);
      break;
    case "error":
      console.warn(`the live connection reports ${message.error.code}: ${message.error.message}`);
      break;
    default:
      break;
  }
};
