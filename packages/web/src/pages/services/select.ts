import type { Service, ServiceStatus } from "@fleetlight/contract";

import type { ServiceSort, ServicesSearch } from "../../app/search.ts";
import { SERVICE_STATES } from "../../ui/state.tsx";

const wordsIn = (service: Service): string =>
  [
    service.id,
    service.name,
    service.type,
    service.url,
    ...Object.entries(service.labels).map(([name, value]) => `${name}=${value}`),
  ]
    .join(" ")
    .toLowerCase();

const byText = (services: Service[], q: string | undefined): Service[] => {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0
    ? services
    : services.filter((service) => {
        const within = wordsIn(service);
        return words.every((word) => within.includes(word));
      });
};

const latency = ({ last_check: check }: Service): number =>
  check === null ? -1 : check.response_time;

const ORDERS: Record<ServiceSort, (a: Service, b: Service) => number> = {
  state: (a, b) => SERVICE_STATES.indexOf(a.status) - SERVICE_STATES.indexOf(b.status),
  name: () => 0,
  latency: (a, b) => latency(b) - latency(a),
  change: (a, b) => b.status_since.localeCompare(a.status_since),
};

/** Rows of the services' table, with how many each facet would leave beside the other filters. */
export interface Selection {
  rows: Service[];
  states: Record<ServiceStatus, number>;
  types: [string, number][];
}

/** Filters and orders services; rows that are equal keep the order of their names. */
export const selectServices = (services: Service[], search: ServicesSearch): Selection => {
  const { q, state, type, sort = "state" } = search;
  const found = byText(services, q);
  const states: Record<ServiceStatus, number> = {
    unhealthy: 0,
    degraded: 0,
    unknown: 0,
    healthy: 0,
  };
  const types = new Map<string, number>();
  for (const service of found) {
    if (type === undefined || service.type === type) states[service.status] += 1;
    if (state === undefined || service.status === state) {
      types.set(service.type, (types.get(service.type) ?? 0) + 1);
    }
  }
  const rows = found
    .filter((service) => state === undefined || service.status === state)
    .filter((service) => type === undefined || service.type === type)
    .toSorted((a, b) => ORDERS[sort](a, b) || a.name.localeCompare(b.name));
  return { rows, states, types: [...types].toSorted(([a], [b]) => a.localeCompare(b)) };
};
