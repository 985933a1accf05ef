import { compileMatcher, parseMatchers } from "@fleetlight/promql";

import type { MetricMetadata } from "#store";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { Params } from "./params.ts";
import { sendData } from "./reply.ts";

const schema = (summary: string) => ({ tags: ["prometheus"], summary });
const config = { access: "read" } as const;

const metadataJson = ({ type, unit, help }: MetricMetadata) => ({ type, unit, help });

export function targetRoutes(app: App, doors: Doors): void {
  app.get(
    "/api/v1/targets",
    { config, compress: false, schema: schema("Targets that are scraped, and those dropped") },
    async (request, reply) => {
      const params = new Params(request);
      const state = params.text("state").toLowerCase();
      const pool = params.text("scrapePool");
      const view = doors.scrapeTargets(tenantOf(request));
      const of = <T extends { scrapePool: string }>(targets: T[]) =>
        pool === "" ? targets : targets.filter((target) => target.scrapePool === pool);
      const shows = (kind: string) => state === "" || state === "any" || state === kind;
      return sendData(request, reply, {
        activeTargets: shows("active") ? of(view.active) : [],
        droppedTargets: shows("dropped") ? of(view.dropped) : [],
        droppedTargetCounts: shows("dropped") ? view.droppedCounts : {},
      });
    },
  );

  app.get(
    "/api/v1/scrape_pools",
    { config, compress: false, schema: schema("Names of the scrape pools") },
    async (request, reply) =>
      sendData(request, reply, { scrapePools: doors.scrapePools(tenantOf(request)) }),
  );

  app.get(
    "/api/v1/targets/metadata",
    { config, compress: false, schema: schema("What targets say of their metrics") },
    async (request, reply) => {
      const params = new Params(request);
      const limit = params.count("limit");
      const metric = params.text("metric");
      const matchers =
        params.text("match_target") === "" ? [] : params.parsed("match_target", parseMatchers);
      const tests = matchers.map((one) => ({ name: one.name, test: compileMatcher(one) }));
      const found: unknown[] = [];
      for (const entry of doors.targetMetadata(tenantOf(request))) {
        if (found.length >= limit) break;
        if (metric !== "" && entry.metric !== metric) continue;
        if (!tests.every(({ name, test }) => test(entry.target[name] ?? ""))) continue;
        // Who asks for one metric knows its name; upstream leaves it out.
        const name = metric === "" ? { metric: entry.metric } : {};
        found.push({ target: entry.target, ...name, ...metadataJson(entry) });
      }
      return sendData(request, reply, found);
    },
  );
}

export function metadataRoutes(app: App, doors: Doors): void {
  app.get(
    "/api/v1/metadata",
    { config, compress: false, schema: schema("Type, unit and help of metrics") },
    async (request, reply) => {
      const params = new Params(request);
      const limit = params.count("limit");
      // One description is kept of each metric, so that `limit_per_metric` leaves out all or nothing.
      const perMetric = params.count("limit_per_metric");
      const metric = params.text("metric");
      const { metrics } = doors.telemetry;
      const tenant = tenantOf(request);
      const data: Record<string, unknown[]> = Object.create(null);
      let count = 0;
      for (const [name, metadata] of metrics.metadataOf(tenant)) {
        if (count >= limit || perMetric === 0) break;
        if (metric !== "" && name !== metric) continue;
        data[name] = [metadataJson(metadata)];
        count++;
      }
      return sendData(request, reply, data);
    },
  );

  app.get(
    "/api/v1/alertmanagers",
    { config, compress: false, schema: schema("Alertmanagers that are told: none") },
    async (request, reply) =>
      sendData(request, reply, { activeAlertmanagers: [], droppedAlertmanagers: [] }),
  );
}
