import type { FleetlightClient } from "@fleetlight/sdk";

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/**
 * The dashboard in a few lines: services by state, alerts, notifications, and what the server takes in.
 * Never rejects; what the server does not answer is said to be missing.
 */
export async function dashboardSummary(
  client: Pick<FleetlightClient, "overview" | "alerts" | "alertHistory">,
  notifications: number,
): Promise<string> {
  const missing = () => null;
  const [overview, alerts, history] = await Promise.all([
    client.overview().catch(missing),
    client.alerts().catch(missing),
    client.alertHistory().catch(missing),
  ]);
  const lines = ["Fleetlight demo, in short"];
  if (overview === null) lines.push("  services       the server did not answer");
  else {
    const { services: s, ingest } = overview;
    lines.push(
      `  services       ${s.total}: ${s.healthy} healthy, ${s.degraded} degraded, ` +
        `${s.unhealthy} unhealthy, ${s.unknown} not checked yet`,
      `  ingest         ${ingest.series} series, ` +
        `${Math.round(ingest.samples_per_second)} samples/s, ` +
        `${ingest.targets_up} of ${plural(ingest.targets, "target")} up`,
    );
  }
  if (alerts === null || history === null) lines.push("  alerts         the server did not answer");
  else {
    const firing = alerts.active_alerts.filter(({ state }) => state === "firing");
    const resolved = history.alerts.filter(({ state }) => state === "resolved");
    lines.push(
      `  alerts         ${firing.length + resolved.length} fired, ${resolved.length} resolved, ` +
        `${firing.length} still firing`,
      ...firing.map((one) => `                 ${one.severity}: ${one.name}, ${one.service}`),
    );
  }
  lines.push(`  notifications  ${notifications} received`);
  return lines.join("\n");
}
