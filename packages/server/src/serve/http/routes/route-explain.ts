import {
  RouteExplained,
  RouteExplainInput,
  RouteTree,
  SuppressionList,
  type RoutedAlert,
  type RoutedGroup,
  type RouteNode,
} from "@fleetlight/contract";
import { z } from "zod";

import type { RouteConfig } from "#config";
import { formatMatcher, isoTime } from "#lib";
import type { AlertGroupView, AlertView } from "#respond";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { listPieces } from "./alertmanager/alert-shape.ts";
import { sendPieces } from "./prometheus/reply.ts";

const tags = ["routing"];

const showNode = (route: RouteConfig, parent: string | null): RouteNode => ({
  id: route.id,
  parent,
  receiver: route.receiver,
  matchers: route.matchers.map(formatMatcher),
  group_by: [...route.groupBy],
  group_by_all: route.groupByAll,
  group_wait_seconds: route.groupWaitMs / 1000,
  group_interval_seconds: route.groupIntervalMs / 1000,
  repeat_interval_seconds: route.repeatIntervalMs / 1000,
  continues: route.continues,
  mute_time_intervals: [...route.muteTimeIntervals],
  active_time_intervals: [...route.activeTimeIntervals],
});

/** Parents before children. */
const flatten = (route: RouteConfig, parent: string | null = null): RouteNode[] => [
  showNode(route, parent),
  ...route.routes.flatMap((child) => flatten(child, route.id)),
];

const showAlert = ({ alert, status, receivers }: AlertView): RoutedAlert => ({
  fingerprint: alert.fingerprint,
  alert_id: alert.alertId,
  labels: { ...alert.labels },
  annotations: { ...alert.annotations },
  started_at: isoTime(alert.startsAtMs),
  receivers: [...receivers],
  state: status.state,
  silenced_by: [...status.silencedBy],
  inhibited_by: [...status.inhibitedBy],
  muted_by: [...status.mutedBy],
  maintenance_by: [...status.maintenanceBy],
  depends_on: [...status.dependsOn],
  acknowledged_by: status.acknowledgedBy,
});

const showGroup = (group: AlertGroupView): RoutedGroup => ({
  key: group.key,
  labels: { ...group.labels },
  receiver: group.receiver,
  route: group.routeId,
  next_flush_at: Number.isFinite(group.nextFlushMs) ? isoTime(group.nextFlushMs) : null,
  fingerprints: group.alerts.map(({ alert }) => alert.fingerprint),
});

/** `{"<name>": [...], "count": n}` in pieces, so that thousands of alerts hold up nobody. */
async function* named<T>(
  name: string,
  items: readonly T[],
  show: (item: T) => unknown,
  weigh?: (item: T) => number,
): AsyncGenerator<Buffer, void> {
  yield Buffer.from(`{"${name}":`);
  yield* listPieces(items, show, weigh);
  yield Buffer.from(`,"count":${items.length}}`);
}

const JSON_TYPE = "application/json";

function treeRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/routes",
    schema: { tags, summary: "The route tree in force", response: { 200: RouteTree } },
    handler: async () => {
      const routes = flatten(doors.manager.alertmanager().route);
      return { routes, receivers: doors.alertmanager.receivers(), count: routes.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/routes/explain",
    config: { access: "read" },
    schema: {
      tags,
      summary: "Where an alert with these labels goes, and what would keep it quiet now",
      body: RouteExplainInput,
      response: { 200: RouteExplained },
    },
    handler: async (request) => {
      const found = doors.alertmanager.explainRoute(tenantOf(request), request.body.labels);
      return {
        paths: found.paths.map((steps, index) => {
          const last = steps.at(-1);
          return {
            routes: steps.map(({ route }) => route.id),
            receiver: last?.route.receiver ?? "",
            group_key: found.groupKeys[index] ?? "",
            muted_by: [...(last?.mutedBy ?? [])],
          };
        }),
        receivers: found.receivers,
        silenced_by: [...found.silencedBy],
        inhibited_by: [...found.inhibitedBy],
      };
    },
  });
}

const ByFingerprint = z.object({ fingerprint: z.string().min(1).max(64) });

/** The route tree, the way of an alert in it, and what the pipeline does with the alerts that are active. */
export function routeExplainRoutes(app: App, doors: Doors): void {
  treeRoutes(app, doors);

  app.route({
    method: "GET",
    url: "/api/v1/pipeline/alerts",
    compress: false,
    schema: { tags, summary: "Active alerts with their receivers, and what keeps them quiet" },
    handler: async (request, reply) => {
      const found = await doors.alertmanager.alerts(tenantOf(request));
      return sendPieces(request, reply, JSON_TYPE, named("alerts", found, showAlert));
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/pipeline/groups",
    compress: false,
    schema: { tags, summary: "Groups in which alerts are told of, with fingerprints" },
    handler: async (request, reply) => {
      const found = await doors.alertmanager.groups(tenantOf(request));
      const pieces = named("groups", found, showGroup, ({ alerts }) => 1 + alerts.length / 10);
      return sendPieces(request, reply, JSON_TYPE, pieces);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/pipeline/alerts/:fingerprint/suppressions",
    schema: {
      tags,
      summary: "Why nobody was told of an alert at the latest ticks of its groups",
      params: ByFingerprint,
      response: { 200: SuppressionList },
    },
    handler: async (request) => {
      const { fingerprint } = request.params;
      const suppressions = doors.alertmanager
        .suppressions(tenantOf(request), fingerprint)
        .map(({ stage, by, integration, atMs }) => ({
          stage,
          by: [...by],
          integration,
          at: isoTime(atMs),
        }));
      return { suppressions, count: suppressions.length };
    },
  });
}
