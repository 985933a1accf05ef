import { RuleId } from "@fleetlight/contract";
import { z } from "zod";

import { RuleEntry } from "./entries.ts";
import { TIMER_RANGE, duration, file, section, url } from "./fields.ts";
import { alertmanagers } from "./prometheus/alertmanagers.ts";
import { relabelList } from "./prometheus/relabel.ts";
import { ruleSets } from "./prometheus/rule-sets.ts";

export const alerting = section("When an alert is raised, and who looks after it.", {
  evaluation_interval: duration(TIMER_RANGE)
    .prefault("15s")
    .describe("How often every rule is evaluated, besides when samples arrive."),
  exec: section("Programs that are run to tell somebody (`exec_configs`).", {
    enabled: z
      .boolean()
      .default(false)
      .describe("Whether receivers may run programs on this machine."),
  }),
  builtin_rules: z
    .boolean()
    .default(true)
    .describe("Whether the rules that come with Fleetlight, such as service down, are in force."),
  rule_sets: ruleSets(),
  flapping: z
    .strictObject({
      max_changes: z
        .int()
        .min(0)
        .max(1000)
        .default(20)
        .describe("Most changes of a firing alert within the window; 0 lets alerts come and go."),
      window: duration({ min: "1s", max: "1d" })
        .prefault("10m")
        .describe("How long changes are counted, and how quiet an alert must be to end."),
    })
    .prefault({})
    .describe("An alert that begins and ends too often is held firing until it is quiet."),
  rules: z
    .record(RuleId, RuleEntry)
    .default({})
    .describe(
      "Rules by id, each as in the body of `POST /api/v1/alerts/rules`; conditions may be written `gt` or `>`.",
    ),
  alertmanager_config: file()
    .optional()
    .describe(
      "File in Alertmanager's format with routes, receivers, inhibition and time intervals; see docs/alertmanager.md. Without one everybody in `notifications` is told of every alert.",
    ),
  alertmanager_version: z
    .string()
    .regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/, "expected a version such as 0.28.1")
    .default("0.28.1")
    .describe(
      "Version of Alertmanager that `GET /api/v2/status` names. amtool warns when it is of another minor version than its own.",
    ),
  retention: duration({ min: "1m", max: "100y" })
    .prefault("5d")
    .describe("How long expired silences are kept, and what is known of who was told."),
  watchdog: section(
    "A dead man's switch: it tells somebody outside that alerts would get through.",
    {
      enabled: z
        .boolean()
        .default(false)
        .describe("Whether an alert `Watchdog` always fires, which is routed as any other."),
      labels: z
        .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().max(1024))
        .default({})
        .describe("Labels of that alert besides `alertname` and `severity`."),
      heartbeat_url: url("http", "https")
        .optional()
        .describe("URL that is asked in each interval while the alert pipeline is in order."),
      interval: duration(TIMER_RANGE).prefault("1m").describe("Time between two heartbeats."),
    },
  ),
  confirm_broad_silences: z
    .boolean()
    .default(true)
    .describe(
      "Whether a silence that would match every alert with its labels needs `?confirm=true`; Alertmanager asks for no confirmation.",
    ),
  alertmanagers: alertmanagers(),
  alert_relabel_configs: relabelList(
    "What becomes of the labels of alerts before they are forwarded to `alertmanagers`.",
  ),
});
