import { badRequest } from "#lib";
import type { AlertGroupView, PostedAlert } from "#respond";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { sendPieces } from "../prometheus/reply.ts";
import { listPieces, showAlert } from "./alert-shape.ts";
import { readAlertFilter } from "./params.ts";
import { problemOf, readPostedAlerts } from "./posted-alerts.ts";
import { compareGroups } from "./group-order.ts";

const tags = ["alertmanager"];
type Query = Record<string, string | string[] | undefined>;

/** Faults that are told of one request. */
const MAX_FAULTS = 20;

const JSON_TYPE = "application/json";

function endOptions(doors: Doors) {
  const { resolveTimeoutMs } = doors.manager.alertmanager();
  return { nowMs: doors.now(), resolveTimeoutMs };
}

function showGroup(group: AlertGroupView, options: ReturnType<typeof endOptions>) {
  return {
    alerts: group.alerts.map((view) => showAlert(view, options)),
    labels: group.labels,
    receiver: { name: group.receiver },
  };
}

/** Those that are right, and what is wrong with the others: upstream takes what it can. */
function sortOut(alerts: readonly PostedAlert[]): { valid: PostedAlert[]; faults: string[] } {
  const valid: PostedAlert[] = [];
  const faults: string[] = [];
  for (const alert of alerts) {
    const problem = problemOf(alert);
    if (problem === undefined) valid.push(alert);
    else faults.push(problem);
  }
  return { valid, faults };
}

export function alertRoutes(app: App, doors: Doors): void {
  app.route<{ Querystring: Query }>({
    method: "GET",
    url: "/api/v2/alerts",
    schema: {
      tags,
      summary: "Alerts, as Alertmanager lists them",
      description:
        "`filter` (a matcher, may be repeated), `receiver` (a regular expression), and `active`, `silenced`, `inhibited`, `muted`, `unprocessed` (false leaves these out).",
    },
    handler: async (request, reply) => {
      const filter = readAlertFilter(request.query);
      const found = await doors.alertmanager.alerts(tenantOf(request), filter);
      const options = endOptions(doors);
      const pieces = listPieces(found, (view) => showAlert(view, options));
      return sendPieces(request, reply, JSON_TYPE, pieces);
    },
  });

  app.route({
    method: "POST",
    url: "/api/v2/alerts",
    bodyLimit: doors.config().ingest.max_body_bytes,
    config: { isIngest: true },
    schema: { tags, summary: "Take alerts, as a Prometheus sends them to Alertmanager" },
    handler: async (request, reply) => {
      const { valid, faults } = sortOut(readPostedAlerts(request.body));
      await doors.alertmanager.post(tenantOf(request), valid);
      if (faults.length > 0) {
        doors.alertmanager.refused(faults.length);
        const more = faults.length > MAX_FAULTS ? `; and ${faults.length - MAX_FAULTS} more` : "";
        throw badRequest(faults.slice(0, MAX_FAULTS).join("; ") + more);
      }
      return reply.code(200).send();
    },
  });

  app.route<{ Querystring: Query }>({
    method: "GET",
    url: "/api/v2/alerts/groups",
    schema: { tags, summary: "Alerts by the groups that they are told of in" },
    handler: async (request, reply) => {
      const filter = readAlertFilter(request.query);
      const found = await doors.alertmanager.groups(tenantOf(request), filter);
      const options = endOptions(doors);
      const pieces = listPieces(
        found.toSorted(compareGroups),
        (group) => showGroup(group, options),
        (group) => group.alerts.length + 1,
      );
      return sendPieces(request, reply, JSON_TYPE, pieces);
    },
  });
}
