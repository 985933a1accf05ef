import { severityRank } from "#lib";

import type { AlertTable } from "./alert-table.ts";
import type { Suppressor } from "./alertmanager.ts";

/** Services on one way down the graph; a fleet has fewer layers, and a graph with more is not followed further. */
const MAX_FOLLOWED = 200;

/** Ids of the services that one service depends on directly. */
export type DirectDependencies = (tenant: string, service: string) => readonly string[];

/** Everything that a service depends on, directly or not. */
function reachable(from: string, direct: (service: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...direct(from)];
  for (let next = open.pop(); next !== undefined && found.size < MAX_FOLLOWED; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...direct(next));
  }
  return found;
}

/**
 * Finds the alerts of other services that explain an alert: its service depends on theirs, they are at least as grave,
 * and theirs does not depend on its service in turn, because then neither explains the other.
 */
export const dependencySuppressor =
  (table: AlertTable, direct: DirectDependencies): Suppressor =>
  ({ tenant, labels }) => {
    const { service } = labels;
    if (service === undefined || service === "") return [];
    const directOf = (id: string): readonly string[] => direct(tenant, id);
    if (directOf(service).length === 0) return [];
    const rank = severityRank(labels["severity"]);
    const causes: string[] = [];
    for (const other of reachable(service, directOf)) {
      if (other === service) continue;
      for (const { alert } of table.aboutService(tenant, other)) {
        if (severityRank(alert.labels["severity"]) < rank) continue;
        if (!reachable(other, directOf).has(service)) causes.push(alert.fingerprint);
      }
    }
    return causes.slice(0, 10);
  };
