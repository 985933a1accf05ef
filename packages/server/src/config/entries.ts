import {
  AlertRuleInput,
  HealthCheckOptions,
  isComplete,
  ScrapeOptions,
  ServiceRegistration,
} from "@fleetlight/contract";
import { describeError, parseSelector } from "#lib";
import { z } from "zod";

const check = HealthCheckOptions.shape;
const scrape = ScrapeOptions.shape;
const service = ServiceRegistration.shape;

/** A service of the file: the body of a registration, but an unknown key is an error. */
export const ServiceEntry = z.strictObject({
  id: service.id.describe("Name of the service in URLs and labels."),
  name: service.name.describe("Name of the service for people."),
  type: service.type.describe("Kind of service, such as `agent`, `frontend` or `custom`."),
  url: service.url.describe("Base URL of the service."),
  health_endpoint: service.health_endpoint.describe("Path, or full URL, that health checks ask."),
  metrics_endpoint: service.metrics_endpoint.describe("Path, or full URL, that is scraped."),
  labels: service.labels.describe("Labels of everything that is recorded about the service."),
  check: z
    .strictObject({
      mode: check.mode.describe(
        "`http` asks the endpoint, `heartbeat` expects heartbeats, `none` never checks.",
      ),
      interval_seconds: check.interval_seconds.describe(
        "Seconds between checks; `monitoring.health_check_interval` when left out.",
      ),
      timeout_seconds: check.timeout_seconds.describe(
        "Seconds that a check may take; `checks.timeout` when left out.",
      ),
      failure_threshold: check.failure_threshold.describe(
        "Failures in a row before it is unhealthy; `checks.failure_threshold` when left out.",
      ),
      success_threshold: check.success_threshold.describe(
        "Successes in a row before it is healthy again; `checks.success_threshold` when left out.",
      ),
      expected_status: check.expected_status.describe(
        "HTTP statuses that count as healthy; any 2xx when left out.",
      ),
      body_contains: check.body_contains.describe(
        "Text that the first 64 KiB of the answer must contain.",
      ),
    })
    .optional()
    .describe("How this service is checked."),
  scrape: z
    .strictObject({
      enabled: scrape.enabled.describe(
        "Whether this service is scraped; `scrape.enabled` when left out.",
      ),
      interval_seconds: scrape.interval_seconds.describe(
        "Seconds between scrapes; `scrape.interval` when left out.",
      ),
      timeout_seconds: scrape.timeout_seconds.describe(
        "Seconds that a scrape may take; `scrape.timeout` when left out.",
      ),
      honor_labels: scrape.honor_labels.describe(
        "Whether its own labels win; `scrape.honor_labels` when left out.",
      ),
    })
    .optional()
    .describe("How this service is scraped."),
});

const rule = AlertRuleInput.shape;

/** A selector that cannot be read is found when the file is read, with its line, and not when the rule is evaluated. */
function checkSelector(text: string | undefined, context: z.RefinementCtx): void {
  if (text === undefined) return;
  try {
    parseSelector(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: describeError(error) });
  }
}

const condition = rule.condition.describe(
  "How the value is compared: `>`, `>=`, `<`, `<=`, `==`, `!=`, or `gt`, `gte`, `lt`, `lte`, `eq`, `ne`.",
);

/** A rule on a metric says what its value is compared with; an expression may say it itself. */
function checkForm(entry: object, context: z.RefinementCtx): void {
  for (const name of ["condition", "threshold"] as const)
    if (!isComplete(entry, name))
      context.addIssue({ code: "custom", path: [name], message: "is required" });
}

/** A rule of the file: its id is the key, and a rule without `metric` or `expr` is about the metric of that name. */
export const RuleEntry = z
  .strictObject({
    name: rule.name.describe("Name of the alert."),
    description: rule.description.describe("What the alert means."),
    metric: rule.metric
      .superRefine(checkSelector)
      .describe(
        'Metric name or selector such as `http_errors{job="api"}`; the rule\'s id when left out.',
      ),
    expr: rule.expr.describe("PromQL, with or without a condition and a threshold."),
    condition,
    threshold: rule.threshold.describe("What the value is compared with."),
    all: rule.all.describe("Conditions that must all hold, each with `metric` or `expr`."),
    any: rule.any.describe("Conditions of which one must hold."),
    on: rule.on.describe(
      "Labels by which series of several conditions belong together; `service` and `instance` when left out.",
    ),
    absent: rule.absent.describe("A selector of which nothing was seen `for` so many seconds."),
    rate_of_change: rule.rate_of_change.describe(
      "How fast a metric changes: `metric`, `window` in seconds, `per`, `condition`, `threshold`.",
    ),
    active_time: rule.active_time.describe(
      "`weekdays`, `times` and `zone` in which the rule may fire.",
    ),
    severity: rule.severity.describe("How bad it is."),
    enabled: rule.enabled.describe("Whether the rule is evaluated."),
    for_duration: rule.for_duration.describe(
      "Seconds for which the condition must hold before the alert fires.",
    ),
    keep_firing_for: rule.keep_firing_for.describe(
      "Seconds for which the alert fires on after the condition has ceased.",
    ),
    cooldown_minutes: rule.cooldown_minutes.describe(
      "Minutes without a further notification about the same series; `monitoring.alert_cooldown_minutes` when left out.",
    ),
    no_data: rule.no_data.describe(
      "What becomes of alerts without data: `ok` ends them, `keep` keeps them, `alert` keeps them and tells of a rule without data.",
    ),
    on_error: rule.on_error.describe(
      "What becomes of alerts while the rule cannot be evaluated: `keep`, `ok` or `alert`.",
    ),
    runbook_url: rule.runbook_url.describe("What to do about it; becomes an annotation."),
    owner: rule.owner.describe("Whose rule it is; becomes a label."),
    labels: rule.labels.describe("Labels of the alert."),
    annotations: rule.annotations.describe("Texts that are sent along with the alert."),
  })
  .superRefine(checkForm);
