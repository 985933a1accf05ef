import { formatDuration } from "#lib";
import { z } from "zod";

import { agents } from "./agents-section.ts";
import { alerting } from "./alerting-section.ts";
import { SCRAPE_TIMEOUT, checkAcrossFields, fillDependentDefaults } from "./cross-field.ts";
import { budgets, coordination } from "./coordination-section.ts";
import { ServiceEntry } from "./entries.ts";
import { TIMER_RANGE, bytes, cidr, duration, file, logLevel, section, url } from "./fields.ts";
import { forwarding } from "./forwarding-section.ts";
import { ingest, limits, otlp } from "./ingest-sections.ts";
import { notifications } from "./notifications-section.ts";
import { query } from "./query-section.ts";
import { server } from "./server.ts";
import { traces } from "./traces-section.ts";
import { escalation } from "./escalation-section.ts";
import { GlobalSection, scrapeJobs } from "./prometheus/scrape-job.ts";
import { TokenEntry } from "./tokens.ts";

const MIB = 1024 ** 2;

const timer = (text: string) => duration(TIMER_RANGE).prefault(text);
const retention = (text: string) => duration({ min: "1m", max: "1000y" }).prefault(text);

const monitoring = section("The pace of the console and of checks that say nothing else.", {
  refresh_interval: timer("5s").describe("How often connected consoles are sent the overview."),
  self_metrics: z
    .boolean()
    .default(true)
    .describe("Whether the server stores its own metrics, beside showing them at `/metrics`."),
  max_data_points: z
    .int()
    .min(10)
    .max(100_000)
    .default(1000)
    .describe("Most points per series in an answer of the API."),
  metrics_retention_hours: z
    .number()
    .min(1 / 60)
    .max(8_760_000)
    .optional()
    .describe(
      "Hours for which metrics are kept; used when `storage.retention.metrics` is not set.",
    ),
  alert_cooldown_minutes: z
    .number()
    .min(0)
    .max(525_600)
    .default(5)
    .describe(
      "Minutes without a further notification about the same alert, for rules that do not say.",
    ),
  health_check_interval: timer("30s").describe(
    "How often a service is checked when its registration does not say.",
  ),
});

const checks = section("Health checks of services.", {
  timeout: duration({ min: "50ms", max: "10m" })
    .prefault("5s")
    .describe("How long one check may take."),
  failure_threshold: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe("Consecutive failures before a service counts as unhealthy."),
  success_threshold: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe("Consecutive successes before an unhealthy service counts as healthy again."),
  jitter: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("Share of the interval by which checks are spread at random."),
  max_concurrency: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe("Most checks under way at once."),
  heartbeat_timeout: duration({ min: "1s", max: "30d" })
    .prefault("90s")
    .describe("Silence after which a service that sends heartbeats counts as unhealthy."),
  retain_vanished: duration()
    .prefault("24h")
    .describe("How long a discovered service is shown after it vanished from its source."),
});

const scrape = section("Collection of metrics from services.", {
  enabled: z.boolean().default(true).describe("Whether services are scraped."),
  interval: timer("15s").describe(
    "How often a service is scraped when its registration does not say.",
  ),
  timeout: duration({ min: "50ms", max: "10m" })
    .prefault(formatDuration(SCRAPE_TIMEOUT))
    .describe(
      "How long one scrape may take; at most the interval, which is the default when that is shorter.",
    ),
  honor_labels: z
    .boolean()
    .default(false)
    .describe("Whether labels of the target win over those that Fleetlight adds."),
  body_size_limit_bytes: bytes({ min: 1024 })
    .prefault(50 * MIB)
    .describe("Largest answer, after decompression, before a scrape fails."),
  sample_limit: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(100_000)
    .describe("Most samples of one scrape before it fails."),
  label_limit: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .describe("Most labels of one series before a scrape fails."),
  label_name_length_limit: z
    .int()
    .min(1)
    .max(65_536)
    .default(512)
    .describe("Longest label name in bytes before a scrape fails."),
  label_value_length_limit: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(4096)
    .describe("Longest label value in bytes before a scrape fails."),
  max_concurrency: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe("Most scrapes under way at once."),
});

const services = z
  .array(ServiceEntry)
  .max(100_000)
  .default([])
  .describe("Services to watch, each as in the body of `POST /api/v1/services/register`.");

const discovery = section("Where services are found without being registered.", {
  file_sd: z
    .array(
      z.strictObject({
        files: z
          .array(file())
          .min(1)
          .max(1000)
          .describe(
            "Files of targets in the format of Prometheus; the last part of a path may hold `*`.",
          ),
        refresh_interval: timer("30s").describe(
          "How often the files are read again besides being watched.",
        ),
        type: z
          .string()
          .min(1)
          .max(64)
          .default("custom")
          .describe("Type of the services found there."),
      }),
    )
    .max(1000)
    .default([])
    .describe("Lists of targets in JSON or YAML files, read again when they change."),
  telemetry: section("Services that send spans, log lines or metrics.", {
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether they appear among the services by themselves."),
    gone_after: duration({ min: "10s", max: "30d" })
      .prefault("1h")
      .describe("Silence after which one counts as gone."),
    max_services: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe("Most of them; further ones are counted and left out."),
  }),
});

const host = section("Figures of the machine that Fleetlight runs on.", {
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether CPU, memory, disk and network of this machine are recorded."),
  interval: timer("15s").describe("How often they are recorded."),
});

const outbound = section("Which addresses checks, scrapes and webhooks may reach.", {
  allow_link_local: z
    .boolean()
    .default(false)
    .describe("Whether link-local addresses, among them cloud metadata services, may be asked."),
  allow_addresses: z
    .array(cidr())
    .max(1000)
    .default([])
    .describe("Networks that may be asked although they would be refused."),
});

const storage = section("Where and for how long everything is kept.", {
  data_dir: z
    .string()
    .min(1)
    .max(4096)
    .default("./.fleetlight")
    .describe("Directory of all data; one process at a time."),
  telemetry_url: url("http", "https")
    .optional()
    .describe(
      "ClickHouse server for metrics, traces, logs and events, as `http://user:password@host:8123/database`; the embedded store when left out.",
    ),
  state_url: url("postgres", "postgresql")
    .optional()
    .describe(
      "PostgreSQL database for services, rules and alerts, as `postgres://user:password@host/database`; the embedded store when left out.",
    ),
  ephemeral: z
    .boolean()
    .default(false)
    .describe(
      "Whether metrics and events stay in memory and end with the process; services, rules, alerts and notifications are kept all the same.",
    ),
  retention: section("How long each signal is kept.", {
    metrics: retention("15d").describe("Age at which samples are dropped."),
    rollups_5m: retention("180d").describe(
      "Age at which figures of five minutes are dropped, which long ranges are answered from.",
    ),
    rollups_1h: retention("5y").describe("Age at which figures of an hour are dropped."),
    traces: retention("30d").describe("Age at which spans are dropped."),
    contents: duration({ min: "1m", max: "1000y" })
      .optional()
      .describe(
        "Age at which prompts, answers, and what tools are given and give back are dropped; that of their spans when left out, and never more.",
      ),
    logs: retention("14d").describe("Age at which log lines are dropped."),
    events: retention("400d").describe("Age at which events are dropped."),
  }),
  max_bytes: bytes({ min: 64 * MIB })
    .optional()
    .describe(
      "Size of the whole store above which the oldest data is dropped; no limit when left out.",
    ),
  flush_interval: duration({ min: "10ms", max: "10m" })
    .prefault("15s")
    .describe(
      "Longest time for which accepted rows wait for their batch; they are durable and readable meanwhile.",
    ),
  flush_rows: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(250_000)
    .describe("Rows at which a batch is written at once; a span or a log line counts as ten."),
  max_pending_rows: z
    .int()
    .min(1000)
    .max(1_000_000_000)
    .default(2_000_000)
    .describe(
      "Rows waiting to be written above which senders are told to come again later; a span or a log line counts as ten.",
    ),
  head: section("Recent samples that are kept in memory.", {
    max_bytes: bytes({ min: MIB })
      .prefault(128 * MIB)
      .describe("Memory for recent samples."),
    window: duration({ min: "1m", max: "7d" })
      .prefault("7d")
      .describe("Age up to which samples stay in memory, as far as there is room."),
  }),
  max_series: z
    .int()
    .min(1000)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe("Most series that are known at once; samples of further ones are refused."),
});

const auth = section("Who may use the API.", {
  mode: z
    .enum(["tokens", "none"])
    .optional()
    .describe(
      "`tokens` asks for a bearer token, `none` lets everybody in; when left out, `tokens` as soon as there is one.",
    ),
  tokens: z
    .array(TokenEntry)
    .max(10_000)
    .default([])
    .describe("Bearer tokens that are accepted; `fleetlight hash-token` makes one."),
});

const logging = section("What the server tells about itself.", {
  level: logLevel().prefault("info").describe("Least important level that is written."),
  format: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .describe("Format on standard output; `auto` is pretty on a terminal and JSON elsewhere."),
  file: z
    .strictObject({
      path: file().describe("The log file."),
      max_bytes: bytes({ min: 1024 })
        .prefault(10_485_760)
        .describe("Size at which the file is rotated."),
      max_files: z
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .describe("Files that are kept, the current one included."),
    })
    .optional()
    .describe("A rotating text file besides standard output."),
});

const paths = (description: string) => z.array(file()).max(1000).default([]).describe(description);

const sections = {
  server,
  monitoring,
  checks,
  scrape,
  services,
  discovery,
  global: GlobalSection,
  scrape_configs: scrapeJobs(),
  scrape_config_files: paths(
    "Files with further `scrape_configs`; a path may hold `*`. They are read again at each reload.",
  ),
  rule_files: paths(
    "Files of recording rules in Prometheus' format; a path may hold `*`. They are read again at each reload.",
  ),
  host,
  alerting,
  notifications,
  escalation,
  outbound,
  ingest,
  limits,
  otlp,
  forwarding,
  traces,
  agents,
  coordination,
  budgets,
  query,
  storage,
  auth,
  logging,
};

/** The shape alone, which documentation and environment variables are derived from. */
export const ConfigShape = z.strictObject(sections);

/**
 * The whole configuration: `ConfigSchema.parse({})` is the default one. Durations come out in milliseconds
 * (`DurationMs`) and sizes in bytes, under the names they have in the file.
 */
export const ConfigSchema = z.preprocess(
  fillDependentDefaults,
  ConfigShape.superRefine(checkAcrossFields),
);
export type Config = z.output<typeof ConfigShape>;

/** What may be written in a configuration: everything is optional. */
export type ConfigInput = z.input<typeof ConfigShape>;
