import { formatDuration } from "#lib";
import { z } from "zod";

import { bytes, duration, TIMER_RANGE, url } from "../fields.ts";
import { checkHttpClient, httpClientKeys } from "./http-client.ts";
import { relabelList } from "./relabel.ts";
import { anyText, labelMap, publicLabels } from "./texts.ts";

/** Limits of one configuration. */
const MAX_JOBS = 10_000;
const MAX_TARGETS = 100_000;

const timer = (text: string) => duration(TIMER_RANGE).prefault(text);
const pace = () => duration(TIMER_RANGE).optional();
const limit = (what: string) =>
  z.int().min(0).max(1_000_000_000).default(0).describe(`${what}; 0 leaves it to \`scrape\`.`);

/** Why a text is no address to scrape, or undefined; Prometheus' own rule and words. */
export function addressProblem(address: string): string | undefined {
  if (address === "") return "no address";
  return address.includes("/") ? `${JSON.stringify(address)} is not a valid hostname` : undefined;
}

const StaticConfig = z.strictObject({
  targets: z
    .array(z.string().min(1).max(4096))
    .max(MAX_TARGETS)
    .default([])
    .describe("Targets as `host:port`."),
  labels: labelMap().default({}).describe("Labels of all these targets."),
});

const FileSdConfig = z.strictObject({
  files: z
    .array(
      z
        .string()
        .min(1)
        .max(4096)
        .refine(
          (path) => /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/.test(path),
          "path name is not valid for file discovery: it must end in .json, .yml or .yaml, and only its last part may hold *",
        ),
    )
    .min(1, "file service discovery config must contain at least one path name")
    .max(1000)
    .describe("Files of target groups, in JSON or YAML; the last part of a path may hold `*`."),
  refresh_interval: timer("5m").describe("How often they are read again besides being watched."),
});

const HttpSdConfig = z
  .strictObject({
    url: url("http", "https").describe("Where target groups are fetched, as JSON."),
    refresh_interval: timer("1m").describe("How often."),
    ...httpClientKeys,
  })
  .superRefine((client, context) =>
    checkHttpClient(client, (path, message) => context.addIssue({ code: "custom", path, message })),
  );

const DnsSdConfig = z
  .strictObject({
    names: z
      .array(z.string().min(1).max(255))
      .min(1, "DNS-SD config must contain at least one SRV record name")
      .max(1000)
      .describe("Names to look up."),
    type: z
      .preprocess(
        (value) => (typeof value === "string" ? value.toUpperCase() : value),
        z.enum(["SRV", "A", "AAAA", "MX", "NS"]),
      )
      .default("SRV")
      .describe("Kind of record."),
    port: z.int().min(0).max(65_535).default(0).describe("Port of the targets; not used for SRV."),
    refresh_interval: timer("30s").describe("How often."),
  })
  .superRefine(({ type, port }, context) => {
    if (type !== "SRV" && port === 0)
      context.addIssue({
        code: "custom",
        path: ["port"],
        message: "a port is required in DNS-SD configs for all record types except SRV",
      });
  });

type Path = (string | number)[];

const list = <T extends z.ZodType>(entry: T, description: string) =>
  z.array(entry).max(1000).default([]).describe(description);

const ScrapeJobFields = z.strictObject({
  job_name: anyText(1024)
    .refine((name) => name !== "", "job_name is empty")
    .describe("Name of the job: the default of the label `job`, and the name of the scrape pool."),
  scrape_interval: pace().describe("Time between scrapes; `global.scrape_interval` when left out."),
  scrape_timeout: pace().describe(
    "Longest scrape; `global.scrape_timeout`, but at most the interval, when left out.",
  ),
  metrics_path: z.string().max(4096).default("/metrics").describe("Path that is asked."),
  scheme: z
    .preprocess(
      (value) => (typeof value === "string" ? value.toLowerCase() : value),
      z.enum(["http", "https"]),
    )
    .default("http")
    .describe("Protocol."),
  params: z
    .record(z.string().max(1024), z.array(anyText(65_536)).max(1000))
    .default({})
    .describe("Parameters of the URL."),
  honor_labels: z.boolean().default(false).describe("Whether labels of the page win."),
  honor_timestamps: z.boolean().default(true).describe("Whether times of the page are taken."),
  track_timestamps_staleness: z
    .boolean()
    .default(false)
    .describe("Whether series with times of their own end as soon as a page does not show them."),
  enable_compression: z.boolean().default(true).describe("Whether compressed pages are asked for."),
  ...httpClientKeys,
  sample_limit: limit("Most samples of a page after relabelling, beyond which the scrape fails"),
  label_limit: limit("Most labels of a series"),
  label_name_length_limit: limit("Longest label name in bytes"),
  label_value_length_limit: limit("Longest label value in bytes"),
  target_limit: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe(
      "Most targets after relabelling, beyond which all scrapes of the job fail; 0 is none.",
    ),
  keep_dropped_targets: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe("Most dropped targets that are remembered; 0 leaves it to the built-in limit."),
  body_size_limit: bytes()
    .default(0)
    .describe("Largest uncompressed page; 0 leaves it to `scrape.body_size_limit_bytes`."),
  static_configs: list(StaticConfig, "Targets that are written here."),
  file_sd_configs: list(FileSdConfig, "Targets in files."),
  http_sd_configs: list(HttpSdConfig, "Targets that an HTTP service lists."),
  dns_sd_configs: list(DnsSdConfig, "Targets in DNS."),
  relabel_configs: relabelList("What becomes of targets before they are scraped."),
  metric_relabel_configs: relabelList("What becomes of series before they are stored."),
});
export type ScrapeJob = z.output<typeof ScrapeJobFields>;

/** As in Prometheus, relabelling may make addresses of anything: probers get URLs as their targets. */
function checkTargets(job: ScrapeJob, report: (path: Path, message: string) => void): void {
  if (job.relabel_configs.length > 0) return;
  for (const [group, { targets }] of job.static_configs.entries()) {
    for (const [index, target] of targets.entries()) {
      const message = addressProblem(target);
      if (message !== undefined) report(["static_configs", group, "targets", index], message);
    }
  }
}

/** One entry of `scrape_configs`, as in prometheus.yml. */
export const ScrapeJobEntry = ScrapeJobFields.superRefine((job, context) => {
  const report = (path: Path, message: string) =>
    context.addIssue({ code: "custom", path, message });
  checkHttpClient(job, report);
  checkTargets(job, report);
  const { scrape_interval: interval, scrape_timeout: timeout } = job;
  if (interval !== undefined && timeout !== undefined && timeout > interval)
    report(
      ["scrape_timeout"],
      `${formatDuration(timeout)} is longer than the job's scrape_interval (${formatDuration(interval)})`,
    );
});

export const scrapeJobs = () =>
  z
    .array(ScrapeJobEntry)
    .max(MAX_JOBS)
    .default([])
    .describe("Jobs as in prometheus.yml; see docs/scrape-configuration.md.");

/** The `global` section of prometheus.yml: what matters to us of it. */
export const GlobalSection = z
  .strictObject({
    scrape_interval: timer("1m").describe("Time between scrapes of `scrape_configs`."),
    scrape_timeout: pace().describe(
      "Longest scrape of `scrape_configs`; 10s, but at most the interval, when left out.",
    ),
    evaluation_interval: timer("1m").describe(
      "Time between evaluations of rule groups, and the step of subqueries that name none.",
    ),
    rule_query_offset: duration({ max: "1d" })
      .prefault("0s")
      .describe(
        "How far back rules look, so that late samples are in; for groups that do not say.",
      ),
    external_labels: publicLabels()
      .default({})
      .describe("Labels of this server, added to what `/federate` shows."),
  })
  .superRefine(({ scrape_interval: interval, scrape_timeout: timeout }, context) => {
    if (timeout !== undefined && timeout > interval)
      context.addIssue({
        code: "custom",
        path: ["scrape_timeout"],
        message: `global scrape timeout greater than scrape interval (${formatDuration(interval)})`,
      });
  })
  .prefault({})
  .describe("Defaults of `scrape_configs` and rule files, as in prometheus.yml.");

/** Longest scrape when neither job nor `global` says. */
const DEFAULT_TIMEOUT_MS = 10_000;

/** Interval and timeout of a job, in milliseconds, its own or the defaults; the timeout is never the longer one. */
export function paceOf(
  job: Pick<ScrapeJob, "scrape_interval" | "scrape_timeout">,
  global: GlobalConfig,
): { intervalMs: number; timeoutMs: number } {
  const intervalMs = job.scrape_interval ?? global.scrape_interval;
  const timeoutMs = job.scrape_timeout ?? global.scrape_timeout ?? DEFAULT_TIMEOUT_MS;
  return { intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) };
}

export type GlobalConfig = z.output<typeof GlobalSection>;
