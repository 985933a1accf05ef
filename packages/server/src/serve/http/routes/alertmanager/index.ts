import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { alertRoutes } from "./alerts.ts";
import { answerAlertmanagerError } from "./errors.ts";
import { silenceRoutes } from "./silences.ts";
import { statusRoutes } from "./status.ts";

/** Alertmanager's HTTP API, version 2, with its shape of errors. */
export function alertmanagerRoutes(app: App, doors: Doors): void {
  void app.register(async (plugin) => {
    const scope = plugin as unknown as App;
    scope.setErrorHandler(answerAlertmanagerError);
    for (const add of [statusRoutes, alertRoutes, silenceRoutes]) add(scope, doors);
  });
}
