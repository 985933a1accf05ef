import type { Registry } from "@fleetlight/sdk";

/** What incidents tell about themselves on `/metrics`. */
export function createIncidentInstruments(
  registry: Registry,
  stats: () => { open: number; acknowledged: number },
) {
  const open = registry.gauge({
    name: "fleetlight_incidents",
    help: "Incidents that are open, by status.",
    labelNames: ["status"],
  });
  registry.collect(() => {
    const counts = stats();
    open.set({ status: "triggered" }, counts.open - counts.acknowledged);
    open.set({ status: "acknowledged" }, counts.acknowledged);
  });
  return {
    refused: registry.counter({
      name: "fleetlight_incident_refusals_total",
      help: "Alerts without an incident and changes that were left out, because there are too many.",
      labelNames: ["kind"],
    }),
    writeFailures: registry.counter({
      name: "fleetlight_incident_write_failures_total",
      help: "Failed attempts to write incidents into the state store; they are repeated.",
    }),
  };
}
