import { isoTime } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";

const tags = ["alertmanager"];

/** Fleetlight is one process and speaks to no peers: it counts itself, as an Alertmanager without others does. */
function clusterOf({ config }: Doors) {
  const { host, port } = config().server;
  const name = "fleetlight";
  return { name, status: "ready", peers: [{ address: `${host}:${port}`, name }] };
}

export function statusRoutes(app: App, doors: Doors): void {
  const startedAt = isoTime(doors.now() - doors.figures().uptimeSeconds * 1000);

  app.route({
    method: "GET",
    url: "/api/v2/status",
    schema: { tags, summary: "The configuration in force, version and start, as Alertmanager" },
    handler: async () => ({
      cluster: clusterOf(doors),
      config: { original: doors.manager.alertmanager().original },
      uptime: startedAt,
      versionInfo: {
        branch: "",
        buildDate: "",
        buildUser: "",
        goVersion: `node ${process.version}`,
        revision: `fleetlight ${doors.version}`,
        version: doors.config().alerting.alertmanager_version,
      },
    }),
  });

  app.route({
    method: "GET",
    url: "/api/v2/receivers",
    schema: { tags, summary: "Names of the receivers" },
    handler: async () => doors.alertmanager.receivers().map((name) => ({ name })),
  });
}
