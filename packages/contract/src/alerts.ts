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
  /** PromQL: alone, or compared with a threshold. */
  expr: z.string().min(1).max(65_536),
  condition: Condition,
  threshold: z.number(),
  severity: Severity,
  enabled: z.boolean(),
  /** Seconds that the condition must hold before the alert fires. */
  for_duration: z.number().min(0).max(31_536_000),
  /** Seconds that the alert fires on after the condition has ceased. */
  keep_firing_for: z.number().min(0).max(31_536_000),
  /** Minutes after a notification about a series during which it is not notified about again. */
  cooldown_minutes: z.number().min(0).max(525_600),
  labels: Labels,
  /** Texts of the alert; Prometheus' templates are expanded. */
  annotations: z.record(z.string().max(128), z.string().max(8192)),
};

/** One of several conditions: a metric or an expression, compared with a number. */
export const RuleCondition = z.strictObject({
  metric: ruleFields.metric.optional().describe("Metric name or selector."),
  expr: ruleFields.expr.optional().describe("PromQL in its place."),
  condition: Condition.describe("How the value is compared."),
  threshold: z.number().describe("What the value is compared with."),
});
export type RuleCondition = z.infer<typeof RuleCondition>;

const conditions = z.array(RuleCondition).min(1).max(20);

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Time of day, `24:00` is the end of the day. */
const TimeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "a time is HH:MM");

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}

/** When a rule may fire; outside of it its alerts are over. */
export const ActiveTime = z.strictObject({
  weekdays: z
    .array(z.enum(["sun", "mon", "tue", "wed", "thu", "fri", "sat"]))
    .max(7)
    .default([])
    .describe("Days on which the rule may fire; every day when left out."),
  times: z
    .array(
      z.strictObject({
        start: TimeOfDay.describe("From then on, as `08:00`."),
        end: TimeOfDay.describe("Until then; on the next day when it is before the start."),
      }),
    )
    .max(20)
    .default([])
    .describe("Times of the day at which the rule may fire; the whole day when left out."),
  zone: z
    .string()
    .max(64)
    .refine(isZone, "no such time zone")
    .default("UTC")
    .describe("IANA time zone such as `Europe/Berlin`."),
});
export type ActiveTime = z.infer<typeof ActiveTime>;

/** What a rule is about, when it is not `metric` or `expr` with a condition. */
const formFields = {
  /** Every one of these must hold; series are matched by the labels in `on`. */
  all: conditions,
  /** One of these must hold. */
  any: conditions,
  /** Labels by which the series of several conditions belong together; `service` and `instance` when left out. */
  on: z.array(z.string().regex(LABEL_NAME, "a label name is letters, digits and _")).max(16),
  /** Nothing of the selector was seen for so many seconds. */
  absent: z.strictObject({
    metric: ruleFields.metric.describe("Metric name or selector of which nothing is seen."),
    for: z
      .number()
      .min(0)
      .max(31_536_000)
      .default(0)
      .describe("Seconds for which nothing must have been seen."),
  }),
  /** How fast a metric changes, per unit of time, over a window in seconds. A counter's resets are taken into account. */
  rate_of_change: z.strictObject({
    metric: ruleFields.metric.describe("Metric name or selector."),
    window: z
      .number()
      .min(1)
      .max(2_592_000)
      .default(300)
      .describe("Seconds over which the change is measured."),
    per: z
      .enum(["second", "minute", "hour", "day"])
      .default("second")
      .describe("Unit of time of the threshold."),
    counter: z
      .boolean()
      .optional()
      .describe("Whether the metric is a counter; by its name when left out."),
    condition: Condition.describe("How the change is compared."),
    threshold: z.number().describe("What the change is compared with."),
  }),
  active_time: ActiveTime,
  /** What becomes of alerts without data: they end, stay, or stay and a rule without any data is an alert itself. */
  no_data: z.enum(["ok", "keep", "alert"]),
  /** What becomes of alerts while the rule cannot be evaluated. */
  on_error: z.enum(["ok", "keep", "alert"]),
  /** Becomes the annotation `runbook_url`. */
  runbook_url: z.url({ protocol: /^https?$/ }).max(2048),
  /** Becomes the label `owner`. */
  owner: z.string().min(1).max(256),
};

/** What has no comparison of its own: anything but a metric, and an expression that stands alone. */
const FORMS = ["expr", "all", "any", "absent", "rate_of_change"] as const;

/** Whether a rule that leaves out this half of its comparison is complete all the same. */
export const isComplete = (rule: unknown, half: "condition" | "threshold"): boolean => {
  const given = (rule ?? {}) as Readonly<Record<string, unknown>>;
  const isOnMetric =
    given["metric"] !== undefined || FORMS.every((one) => given[one] === undefined);
  const isCompared = given["condition"] !== undefined || given["threshold"] !== undefined;
  return given[half] !== undefined || (!isOnMetric && !isCompared);
};

const required = (half: "condition" | "threshold") => ({
  path: [half],
  message: "is required",
  // Told together with whatever else is wrong.
  when: () => true,
});

/** A rule on a metric says what its value is compared with. */
const checked = <T extends z.ZodType>(rule: T): T =>
  rule
    .refine((one) => isComplete(one, "condition"), required("condition"))
    .refine((one) => isComplete(one, "threshold"), required("threshold"));

const RuleBody = z.object({
  id: RuleId,
  name: ruleFields.name,
  description: ruleFields.description.default(""),
  metric: ruleFields.metric.optional(),
  expr: ruleFields.expr.optional(),
  condition: z.optional(Condition),
  threshold: ruleFields.threshold.optional(),
  all: formFields.all.optional(),
  any: formFields.any.optional(),
  on: formFields.on.optional(),
  absent: formFields.absent.optional(),
  rate_of_change: formFields.rate_of_change.optional(),
  active_time: formFields.active_time.optional(),
  severity: ruleFields.severity.default("warning"),
  enabled: ruleFields.enabled.default(true),
  for_duration: ruleFields.for_duration.default(0),
  keep_firing_for: ruleFields.keep_firing_for.default(0),
  cooldown_minutes: ruleFields.cooldown_minutes.optional(),
  no_data: formFields.no_data.default("ok"),
  on_error: formFields.on_error.default("keep"),
  runbook_url: formFields.runbook_url.optional(),
  owner: formFields.owner.optional(),
  labels: ruleFields.labels.default({}),
  annotations: ruleFields.annotations.default({}),
});
/**
 * Body of `POST /api/v1/alerts/rules`. A rule is about one of: `metric` with `condition` and `threshold`, `expr` with or
 * without these, `all` and/or `any`, `absent`, `rate_of_change`.
 */
export const AlertRuleInput = checked(RuleBody);
export type AlertRuleInput = z.infer<typeof AlertRuleInput>;

/** Body of `PATCH /api/v1/alerts/rules/{id}`: only what changes; null takes a field away that a rule need not have. */
export const AlertRulePatch = z
  .object({
    ...ruleFields,
    ...formFields,
    metric: ruleFields.metric.nullable(),
    expr: ruleFields.expr.nullable(),
    condition: z.optional(z.union([z.null(), Condition])),
    threshold: ruleFields.threshold.nullable(),
    all: formFields.all.nullable(),
    any: formFields.any.nullable(),
    on: formFields.on.nullable(),
    absent: formFields.absent.nullable(),
    rate_of_change: formFields.rate_of_change.nullable(),
    active_time: formFields.active_time.nullable(),
    runbook_url: formFields.runbook_url.nullable(),
    owner: formFields.owner.nullable(),
  })
  .partial();
export type AlertRulePatch = z.infer<typeof AlertRulePatch>;

export const AlertRule = z.object({
  id: z.string(),
  ...ruleFields,
  /** The rule as it is evaluated, whatever its form. */
  query: z.string(),
  /** Empty, null and null where the rule is not one comparison with a number. */
  metric: z.string(),
  condition: z.union([z.null(), Condition]),
  threshold: z.number().nullable(),
  /** Set when the rule was written so. */
  expr: ruleFields.expr.optional(),
  all: formFields.all.optional(),
  any: formFields.any.optional(),
  on: formFields.on.optional(),
  absent: formFields.absent.optional(),
  rate_of_change: formFields.rate_of_change.optional(),
  active_time: formFields.active_time.optional(),
  no_data: formFields.no_data,
  on_error: formFields.on_error,
  runbook_url: formFields.runbook_url.optional(),
  owner: formFields.owner.optional(),
  origin: z.enum(["api", "config", "builtin"]),
  created_at: Timestamp,
  updated_at: Timestamp,
  state: z.enum(["inactive", "pending", "firing"]),
  /** Accounting of the evaluations since start. */
  evaluation: z.object({
    last_at: Timestamp.nullable(),
    last_duration_seconds: z.number().nullable(),
    /** Series that the rule looks at. */
    series: z.int(),
    /** Samples that the latest evaluation gave. */
    samples: z.int(),
    evaluations: z.int(),
    failures: z.int(),
    error: z.string().nullable(),
  }),
});
export type AlertRule = z.infer<typeof AlertRule>;

/** Body of `POST /api/v1/alerts/rules/preview`: a rule that need not exist, and a stretch of the past. */
export const RulePreviewInput = z.object({
  /** As in the body that makes a rule; its id and name do not matter here. */
  rule: checked(
    RuleBody.extend({
      id: RuleId.default("preview"),
      name: ruleFields.name.default("preview"),
    }),
  ),
  start: Timestamp,
  end: Timestamp,
  /** Seconds between two evaluations; a five-hundredth of the stretch when left out. */
  step: z.number().min(1).max(86_400).optional(),
});
export type RulePreviewInput = z.infer<typeof RulePreviewInput>;

/** What a rule would have done, had it been in force. */
export const RulePreview = z.object({
  query: z.string(),
  condition: z.union([z.null(), Condition]),
  threshold: z.number().nullable(),
  start: Timestamp,
  end: Timestamp,
  step_seconds: z.number(),
  /** How often an alert would have begun to fire. */
  firings: z.int(),
  alerts: z.array(
    z.object({
      /** Of the series, without its name. */
      labels: z.record(z.string(), z.string()),
      firings: z.int(),
      intervals: z.array(
        z.object({
          state: z.enum(["pending", "firing"]),
          start: Timestamp,
          /** Null when it still went on at the end. */
          end: Timestamp.nullable(),
        }),
      ),
    }),
  ),
  /** What is compared with the threshold, or the expression itself; times are in seconds. */
  series: z.array(
    z.object({
      labels: z.record(z.string(), z.string()),
      times: z.array(z.number()),
      values: z.array(z.number().nullable()),
    }),
  ),
  /** Series that the expression has. */
  matched: z.int(),
  /** Whether series or alerts were left out of this answer. */
  truncated: z.boolean(),
  warnings: z.array(z.string()),
});
export type RulePreview = z.infer<typeof RulePreview>;

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
  /** The series as the rule's expression gave it: name and labels. */
  metric: z.string(),
  /** The rule's expression in PromQL. */
  expr: z.string().default(""),
  /** Empty and null where the rule's expression is not a comparison with a number. */
  condition: z.string(),
  threshold: z.number().nullable(),
  /** Value at the latest evaluation; null when the series is gone or is not a number. */
  value: z.number().nullable(),
  labels: Labels,
  annotations: z.record(z.string(), z.string()),
  active_at: Timestamp,
  fired_at: Timestamp.nullable(),
  /** Since when the alert only fires because of `keep_firing_for`. */
  keep_firing_since: Timestamp.nullable().default(null),
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
        keepFiringSince: Timestamp.optional(),
        /** As Go prints it: `1e+00`. */
        value: z.string(),
      }),
    ),
  }),
  active_alerts: z.array(Alert),
  history: z.array(Alert),
  count: z.int(),
});
export type AlertsAnswer = z.infer<typeof AlertsAnswer>;

/**
 * The same as it is sent: where there is no rule but the built-in ones and has been no alert for 30 days, the answer is that of
 * a Prometheus without rules, to the letter.
 */
export const AlertsSent = AlertsAnswer.partial({ active_alerts: true, history: true, count: true });
export type AlertsSent = Pick<AlertsAnswer, "status" | "data"> & Partial<AlertsAnswer>;

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
  /** The first of `alert_ids`, or an empty string when all of its alerts came from outside. */
  alert_id: z.string(),
  /** The alerts of ours that it tells of. */
  alert_ids: z.array(z.string()).default([]),
  /** Fingerprints of all alerts that it tells of. */
  fingerprints: z.array(z.string()).default([]),
  group_key: z.string().default(""),
  receiver: z.string().default(""),
  /** Why it was made: by the group's timers, by an escalation step, by hand, or because another channel was dead. */
  reason: z.enum(["group", "escalation", "test", "fallback"]).default("group"),
  /** Receiver and integration: `ops/webhook[0]`. */
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
