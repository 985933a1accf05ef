import { createFleetlightClient } from "@fleetlight/sdk";
import type { FleetlightError, NewAlertRule, Registration } from "@fleetlight/sdk";

import type { DemoService } from "./fleet/service.ts";

/** Rules that the demo brings besides the server's built-in one for services that are down. */
const RULES: readonly NewAlertRule[] = [
  {
    id: "demo-queue-depth",
    name: "Tasks pile up",
    description: "More tasks wait for an agent than four agents can do in three seconds.",
    metric: "agent_lightning_queue_depth",
    condition: ">",
    threshold: 50,
    severity: "warning",
    annotations: { summary: "Tasks pile up at the agent coordinator" },
  },
  {
    id: "demo-task-latency",
    name: "Workflows are slow",
    description: "One workflow in twenty takes longer than three seconds.",
    metric: "agent_lightning_task_latency_p95_seconds",
    condition: ">",
    threshold: 3,
    severity: "high",
    annotations: { summary: "One workflow in twenty takes longer than three seconds" },
  },
];

const CHECK_INTERVAL_SECONDS = 2;
const CHECK_TIMEOUT_SECONDS = 1;

function registrationOf({ entry, url }: DemoService): Registration {
  return {
    id: entry.id,
    name: entry.name,
    type: entry.type,
    url,
    health_endpoint: entry.health_endpoint,
    metrics_endpoint: entry.metrics_endpoint,
    labels: { component: entry.component },
    check: { interval_seconds: CHECK_INTERVAL_SECONDS, timeout_seconds: CHECK_TIMEOUT_SECONDS },
    scrape: { interval_seconds: entry.scrape_interval_seconds },
  };
}

/**
 * Keeps every service registered at the server and brings the demo's rules, in the background.
 * @returns Stops that; the services stay known to the server unless `deregister` is true.
 */
export function joinServer(
  services: readonly DemoService[],
  options: { serverUrl: string; token?: string; onMessage: (text: string) => void },
): { leave(deregister: boolean): Promise<void> } {
  const client = createFleetlightClient({
    url: options.serverUrl,
    ...(options.token === undefined ? {} : { token: options.token }),
  });
  // All services see the same server: its silence, and its return, are told once.
  let trouble = false;
  const onError = (error: FleetlightError) => {
    if (!trouble) options.onMessage(`cannot register yet: ${error.message}`);
    trouble = true;
  };
  const bringRules = async () => {
    for (const rule of RULES) {
      await client.createRule(rule).catch((error: FleetlightError) => {
        // A server that has kept its rules from an earlier demo may answer 409.
        if (error.status !== 409) options.onMessage(`cannot create a rule: ${error.message}`);
      });
    }
  };
  let rulesBrought = false;
  const onRegistered = () => {
    if (trouble) options.onMessage("registered at the server");
    trouble = false;
    if (!rulesBrought) void bringRules();
    rulesBrought = true;
  };
  const kept = services.map((service) =>
    client.keepRegistered(registrationOf(service), { onError, onRegistered }),
  );
  return {
    leave: async (deregister) => {
      await Promise.all(kept.map((one) => one.stop({ deregister })));
    },
  };
}
