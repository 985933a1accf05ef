import {
  Alert,
  AlertHistory,
  AlertRule,
  AlertRuleInput,
  AlertRulePatch,
  AlertsSent,
  DeliveryList,
  RuleId,
  RuleList,
  RulePreview,
  RulePreviewInput,
} from "@fleetlight/contract";
import { z } from "zod";

import { notFound } from "#lib";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const tags = ["alerts"];
/** Resolved alerts that the answer of `GET /api/v1/alerts` holds beside the active ones. */
const RECENT = 10;
const AlertId = z.object({ id: z.string().min(1).max(512) });

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function alertRoutes(app: App, doors: Doors): void {
  const { alerts } = doors;

  app.route({
    method: "GET",
    url: "/api/v1/alerts",
    schema: {
      tags,
      summary: "Pending and firing alerts, and the latest resolved ones",
      description:
        "`data` is what Prometheus answers on this path; the other keys are Fleetlight's own. They are left out where there is no rule but the built-in ones and has been no alert for 30 days.",
      response: { 200: AlertsSent },
    },
    handler: async (request) => {
      const tenant = tenantOf(request);
      const active = alerts.active(tenant);
      const history = await alerts.history(tenant, { hours: 24 * 30, limit: RECENT });
      const answer = {
        status: "success" as const,
        data: { alerts: doors.rules.alerts(tenant) },
      };
      const isPlain =
        active.length + history.length + answer.data.alerts.length === 0 &&
        doors.rules.list(tenant).every(({ origin }) => origin === "builtin");
      return isPlain ? answer : { ...answer, active_alerts: active, history, count: active.length };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/alerts/history",
    schema: {
      tags,
      summary: "Alerts that were active in the last hours, newest first",
      querystring: z.object({
        hours: z.coerce
          .number()
          .min(0.01)
          .max(24 * 365)
          .default(24),
        limit: z.coerce.number().int().min(1).max(1000).default(200),
      }),
      response: { 200: AlertHistory },
    },
    handler: async (request) => {
      const found = await alerts.history(tenantOf(request), request.query);
      return { alerts: found, count: found.length };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/alerts/:id",
    schema: {
      tags,
      summary: "One alert, active or past",
      params: AlertId,
      response: { 200: Alert },
    },
    handler: async (request) => {
      const alert = await alerts.get(tenantOf(request), request.params.id);
      if (alert === undefined) throw notFound("alert", request.params.id);
      return alert;
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/alerts/:id/deliveries",
    schema: {
      tags,
      summary: "Notifications about an alert with every attempt",
      params: AlertId,
      response: { 200: DeliveryList },
    },
    handler: async (request) => {
      const tenant = tenantOf(request);
      const alertId = request.params.id;
      const deliveries = await alerts.deliveries(tenant, { alertId, limit: 1000 });
      if (deliveries.length === 0 && (await alerts.get(tenant, alertId)) === undefined)
        throw notFound("alert", alertId);
      return { deliveries, count: deliveries.length };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/deliveries",
    schema: {
      tags,
      summary: "Notifications about all alerts, newest first",
      querystring: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      response: { 200: DeliveryList },
    },
    handler: async (request) => {
      const deliveries = await alerts.deliveries(tenantOf(request), request.query);
      return { deliveries, count: deliveries.length };
    },
  });
}

const ById = z.object({ id: RuleId });

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function ruleRoutes(app: App, doors: Doors): void {
  const { rules } = doors;

  app.route({
    method: "GET",
    url: "/api/v1/alerts/rules",
    schema: {
      tags,
      summary: "All rules: built-in, configured and made by API",
      response: { 200: RuleList },
    },
    handler: async (request) => {
      const found = rules.list(tenantOf(request));
      return { rules: found, count: found.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/alerts/rules",
    schema: {
      tags,
      summary: "Make a rule, or replace the one with this id",
      body: AlertRuleInput,
      response: {
        200: z.object({
          status: z.enum(["created", "updated"]),
          rule_id: z.string(),
          rule: AlertRule,
        }),
      },
    },
    handler: async (request) => {
      const tenant = tenantOf(request);
      const known = rules.list(tenant).some(({ id }) => id === request.body.id);
      const rule = await rules.create(tenant, request.body);
      return {
        status: known ? ("updated" as const) : ("created" as const),
        rule_id: rule.id,
        rule,
      };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/alerts/rules/preview",
    config: { access: "read" },
    schema: {
      tags,
      summary: "What a rule would have done in the past",
      description: "Evaluates a rule over what is stored; nothing is kept, and nobody is told.",
      body: RulePreviewInput,
      response: { 200: RulePreview },
    },
    handler: async (request) => {
      const { rule, start, end, step } = request.body;
      return rules.preview(tenantOf(request), {
        rule,
        startMs: Date.parse(start),
        endMs: Date.parse(end),
        stepMs: step === undefined ? undefined : Math.round(step * 1000),
      });
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/alerts/rules/:id",
    schema: { tags, summary: "One rule", params: ById, response: { 200: AlertRule } },
    handler: async (request) => {
      const rule = rules.get(tenantOf(request), request.params.id);
      if (rule === undefined) throw notFound("rule", request.params.id);
      return rule;
    },
  });

  for (const method of ["PATCH", "PUT"] as const) {
    app.route({
      method,
      url: "/api/v1/alerts/rules/:id",
      schema: {
        tags,
        summary: "Change fields of a rule",
        description:
          "A rule of the configuration, or a built-in one, can only be enabled and disabled here.",
        params: ById,
        body: AlertRulePatch,
        response: { 200: AlertRule },
      },
      handler: async (request) => rules.patch(tenantOf(request), request.params.id, request.body),
    });
  }

  app.route({
    method: "DELETE",
    url: "/api/v1/alerts/rules/:id",
    schema: {
      tags,
      summary: "Remove a rule made by API; its alerts resolve",
      params: ById,
      response: { 200: z.object({ status: z.literal("removed"), rule_id: z.string() }) },
    },
    handler: async (request) => {
      await rules.remove(tenantOf(request), request.params.id);
      return { status: "removed" as const, rule_id: request.params.id };
    },
  });
}
