import { z } from "zod";

import { Labels, Severity, Timestamp } from "./common.ts";

export const RuleId = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._:-]*$/,
    "an id is letters, digits and . _ : - and starts with a letter or digit",
  );

/** Comparison as a symbol; the words `gt gte lt lte eq ne` are accepted and turned into it. */
export const Condition = z.preprocess(
  (value) =>
    typeof value === "string"
      ? ({ gt: ">", gte: ">=", lt: "<", lte: "<=", eq: "==", ne: "!=" }[value] ?? value)
      : value,
  z.enum([">", ">=", "<", "<=", "==", "!="]),
);
export type Condition = z.infer<typeof Condition>;

const ruleFields = {
  name: z.string().min(1).max(256),
  description: z.string().max(4096),
  /** A metric name, or an instant selector such as `http_errors{job="api",path=~"/v1/.*"}`. */
  metric: z.string().min(1).max(4096),
  condition: Condition,
  threshold: z.number(),
  severity: Severity,
  enabled: z.boolean(),
  /** Seconds that the condition must hold before the alert fires. */
  for_duration: z.number().min(0).max(31_536_000),
  /** Minutes after a notification about a series during which it is not notified about again. */
  cooldown_minutes: z.number().min(0).max(525_600),
  labels: Labels,
  annotations: z.record(z.string().max(128), z.string().max(8192)),
};

/** Body of `POST /api/v1/alerts/rules`; `expr` may stand for `metric`. */
export const AlertRuleInput = z.object({
  id: RuleId,
  name: ruleFields.name,
  description: ruleFields.description.default(""),
  metric: ruleFields.metric.optional(),
  expr: ruleFields.metric.optional(),
  condition: ruleFields.condition,
  threshold: ruleFields.threshold,
  severity: ruleFields.severity.default("warning"),
  enabled: ruleFields.enabled.default(true),
  for_duration: ruleFields.for_duration.default(0),
  cooldown_minutes: ruleFields.cooldown_minutes.optional(),
  labels: ruleFields.labels.default({}),
  annotations: ruleFields.annotations.default({}),
});
export type AlertRuleInput = z.infer<typeof AlertRuleInput>;

/** Body of `PATCH /api/v1/alerts/rules/{id}`: only what changes. */
export const AlertRulePatch = z
  .object({ ...ruleFields, condition: z.optional(Condition) })
  .partial();
export type AlertRulePatch = z.infer<typeof AlertRulePatch>;

export const AlertRule = z.object({
  id: z.string(),
  ...ruleFields,
  origin: z.enum(["api", "config", "builtin"]),
  created_at: Timestamp,
  updated_at: Timestamp,
  /** Accounting of the evaluations since start. */
  evaluation: z.object({
    last_at: Timestamp.nullable(),
    last_duration_seconds: z.number().nullable(),
    series: z.int(),
    error: z.string().nullable(),
  }),
});
export type AlertRule = z.infer<typeof AlertRule>;

export const AlertState = z.enum(["pending", "firing", "resolved"]);
export type AlertState = z.infer<typeof AlertState>;

export const Alert = z.object({
  /** Stable for one occurrence: `alert_<epoch seconds>_<rule>_<short hash of the labels>`. */
  id: z.string(),
  /** Hash of rule and labels; the same for every occurrence of one series. */
  fingerprint: z.string(),
  rule_id: z.string(),
  name: z.string(),
  state: AlertState,
  severity: Severity,
  /** Id of the service that the series belongs to, or an empty string. */
  service: z.string(),
  metric: z.string(),
  condition: z.string(),
  threshold: z.number(),
  /** Value at the latest evaluation; null when the series is gone or is not a number. */
  value: z.number().nullable(),
  labels: Labels,
  annotations: z.record(z.string(), z.string()),
  active_at: Timestamp,
  fired_at: Timestamp.nullable(),
  resolved_at: Timestamp.nullable(),
  updated_at: Timestamp,
});
export type Alert = z.infer<typeof Alert>;

/** `GET /api/v1/alerts`: pending and firing alerts, the ten latest resolved ones, and Prometheus' own shape under `data`. */
export const AlertsAnswer = z.object({
  status: z.literal("success"),
  data: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        state: z.enum(["pending", "firing"]),
        activeAt: Timestamp,
        value: z.string(),
      }),
    ),
  }),
  active_alerts: z.array(Alert),
  history: z.array(Alert),
  count: z.int(),
});
export type AlertsAnswer = z.infer<typeof AlertsAnswer>;

export const AlertHistory = z.object({ alerts: z.array(Alert), count: z.int() });
export type AlertHistory = z.infer<typeof AlertHistory>;

export const DeliveryAttempt = z.object({
  at: Timestamp,
  duration_seconds: z.number(),
  ok: z.boolean(),
  status_code: z.int().nullable(),
  error: z.string().nullable(),
});
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

/** One notification on its way to one receiver. `key` is also sent, so that a receiver can recognise a repetition. */
export const Delivery = z.object({
  key: z.string(),
  alert_id: z.string(),
  channel: z.string(),
  /** Where it goes, without secrets. */
  target: z.string(),
  status: z.enum(["firing", "resolved"]),
  state: z.enum(["pending", "delivered", "failed"]),
  created_at: Timestamp,
  next_attempt_at: Timestamp.nullable(),
  attempts: z.array(DeliveryAttempt),
});
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryList = z.object({ deliveries: z.array(Delivery), count: z.int() });
export type DeliveryList = z.infer<typeof DeliveryList>;

export const RuleList = z.object({ rules: z.array(AlertRule), count: z.int() });
export type RuleList = z.infer<typeof RuleList>;
