import type { LabelSet } from "#lib";

import type { WatchedService } from "./types.ts";

/** Separates labels in the keys of the store, so no text of a registration may hold it. */
const SEPARATOR = "\u0001";

const clean = (value: string): string =>
  value.includes(SEPARATOR) ? value.replaceAll(SEPARATOR, "\u{fffd}") : value;

/** `host:port` of a service, with the port that the protocol implies. */
export function instanceOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

/**
 * Labels of everything that Fleetlight records about a service: its own, `service` (always its id), and `job` and
 * `instance` unless the registration says otherwise. `__` labels are for discovery and are left out.
 */
export function serviceLabels({ registration }: WatchedService): LabelSet {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(registration.labels)) {
    if (!name.startsWith("__")) labels[name] = clean(value);
  }
  labels["job"] ||= registration.id;
  labels["instance"] ||= instanceOf(registration.url);
  labels["service"] = registration.id;
  return labels;
}

/** A path below the service's URL, or a full URL as it is. */
export function endpointUrl(base: string, endpoint: string): string {
  if (/^https?:\/\//.test(endpoint)) return endpoint;
  return base.replace(/[?#].*$/, "").replace(/\/+$/, "") + endpoint;
}
