import { basename, dirname, isAbsolute, resolve } from "node:path";

import { isMap, parseDocument, type Document } from "yaml";

import { toProblems } from "../issues.ts";
import type { Positions } from "../positions.ts";
import { ConfigError, formatPath, type ConfigPath } from "../problems.ts";
import { ConfigSchema, ConfigShape } from "../schema.ts";
import { isTree, readFileText, readTree, withoutNulls } from "../text.ts";
import { itemOf, keysOf, settingAt } from "../walk.ts";
import { checkJobs, expandPaths, placeJobs } from "./include.ts";
import { readRuleFile } from "./rule-file.ts";

/** One thing that the import has to tell. */
export interface ImportNote {
  kind: "taken" | "changed" | "unsupported";
  /** File and line that it is about. */
  source: string;
  line: number | undefined;
  /** The setting, such as `scrape_configs[0].oauth2`. */
  path: string;
  message: string;
}

export interface PrometheusImport {
  /** Our configuration as YAML, comments of the original included. */
  text: string;
  notes: ImportNote[];
}

type Verdict = [kind: "changed" | "unsupported", message: string];

const ONLY_TEXT = "only text formats are scraped, which have no native histograms; left out";
const PROXY = "only proxy_url is supported";

/** Why keys of prometheus.yml are left out; `changed` where everything goes on working. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  remote_write: [
    "unsupported",
    "Fleetlight keeps samples itself and receives remote write, but does not send it yet",
  ],
  remote_read: ["unsupported", "Fleetlight answers remote read, but does not read from others"],
  storage: [
    "unsupported",
    "retention is storage.retention.metrics, out_of_order_time_window is ingest.out_of_order_window; see docs/configuration.md",
  ],
  tracing: ["unsupported", "Fleetlight sends no traces of itself"],
  runtime: ["changed", "settings of the Go runtime mean nothing here"],
  query_log_file: ["unsupported", "queries are logged at level debug"],
  scrape_failure_log_file: ["changed", "failed scrapes are in the log and in /api/v1/targets"],
  oauth2: ["unsupported", "OAuth 2 is not supported; authorization with credentials_file is"],
  scrape_protocols: ["changed", "the format is negotiated and recognised by itself"],
  fallback_scrape_protocol: ["changed", "a page of an unknown type is read as text 0.0.4"],
  enable_http2: ["changed", "targets are asked over HTTP/1.1"],
  metric_name_validation_scheme: ["changed", "names are UTF-8 always"],
  metric_name_escaping_scheme: ["changed", "names are UTF-8 always"],
  scrape_native_histograms: ["changed", ONLY_TEXT],
  scrape_classic_histograms: ["changed", ONLY_TEXT],
  always_scrape_classic_histograms: ["changed", ONLY_TEXT],
  convert_classic_histograms_to_nhcb: ["unsupported", ONLY_TEXT],
  native_histogram_bucket_limit: ["changed", ONLY_TEXT],
  native_histogram_min_bucket_factor: ["changed", ONLY_TEXT],
  proxy_from_environment: ["unsupported", PROXY],
  no_proxy: ["unsupported", PROXY],
  proxy_connect_header: ["unsupported", PROXY],
  http_headers: ["unsupported", "only the Authorization header can be set"],
};

const SECTIONS = [
  "global",
  "alerting",
  "scrape_configs",
  "scrape_config_files",
  "rule_files",
  "otlp",
] as const;

/** Limits that `global` gives to every job which does not say. */
const JOB_DEFAULTS = [
  "sample_limit",
  "target_limit",
  "label_limit",
  "label_name_length_limit",
  "label_value_length_limit",
  "body_size_limit",
  "keep_dropped_targets",
] as const;

function verdictOn(key: string): Verdict {
  if (key.endsWith("_sd_configs"))
    return [
      "unsupported",
      "this kind of discovery is not supported; file_sd_configs and http_sd_configs can stand in",
    ];
  return VERDICTS[key] ?? ["unsupported", "Fleetlight has no such setting"];
}

class Importer {
  readonly notes: ImportNote[] = [];
  private readonly file: string;
  private readonly positions: Positions;
  private readonly document: Document;

  constructor(file: string, positions: Positions, document: Document) {
    this.file = file;
    this.positions = positions;
    this.document = document;
  }

  note(kind: ImportNote["kind"], path: ConfigPath, message: string): void {
    const { line } = this.positions.ofKey(path);
    this.notes.push({ kind, source: this.file, line, path: formatPath(path), message });
  }

  leaveOut(path: (string | number)[], [kind, message]: Verdict): void {
    this.note(kind, path, message);
    this.document.deleteIn(path);
  }

  /** Leaves out every key that our configuration does not have. */
  prune(value: unknown, path: (string | number)[]): void {
    const setting = settingAt(ConfigShape, path);
    if (setting === undefined) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.prune(item, [...path, index]);
      return;
    }
    const keys = keysOf(setting);
    if (!isTree(value) || (keys === undefined && itemOf(setting) !== undefined)) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, key];
      if (keys !== undefined && !Object.hasOwn(keys, key)) this.leaveOut(at, verdictOn(key));
      else this.prune(inner, at);
    }
  }

  /** Limits in `global` are the jobs' own with us. */
  spreadLimits(global: unknown, jobs: readonly unknown[]): void {
    if (!isTree(global)) return;
    for (const key of JOB_DEFAULTS) {
      const value = global[key];
      if (value === undefined || value === null) continue;
      this.note("changed", ["global", key], "written into every job that does not say");
      this.document.deleteIn(["global", key]);
      for (const [index, job] of jobs.entries())
        if (isTree(job) && job[key] === undefined)
          this.document.setIn(["scrape_configs", index, key], value);
      delete global[key];
    }
  }

  /** Relative paths stay right when the new file stands elsewhere. */
  anchor(value: unknown, path: (string | number)[], directory: string): void {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.anchor(item, [...path, index], directory);
      return;
    }
    if (isTree(value)) {
      for (const [key, inner] of Object.entries(value))
        if (key !== "labels" && key !== "params") this.anchor(inner, [...path, key], directory);
      return;
    }
    const key = path.findLast((part) => typeof part === "string") ?? "";
    const isPath = ["files", "rule_files", "scrape_config_files"].includes(key);
    if (typeof value !== "string" || isAbsolute(value)) return;
    if (!isPath && !key.endsWith("_file")) return;
    this.note("changed", path, "made absolute, because the new file stands elsewhere");
    this.document.setIn(path, resolve(directory, value));
  }

  /** Tells that a job was taken, and whether it lost everything that finds its targets. */
  noteJob(job: unknown, path: ConfigPath): void {
    const keys = isTree(job) ? Object.keys(job) : [];
    const name = JSON.stringify(isTree(job) ? String(job.job_name) : "");
    this.note("taken", path, `job ${name}`);
    const sources = keys.filter((key) => key === "static_configs" || key.endsWith("_sd_configs"));
    const setting = settingAt(ConfigShape, path);
    const known = (setting && keysOf(setting)) ?? {};
    if (sources.length > 0 && !sources.some((key) => Object.hasOwn(known, key)))
      this.note(
        "unsupported",
        path,
        `job ${name} has no targets left; add static_configs, file_sd_configs, http_sd_configs or dns_sd_configs`,
      );
  }

  /** Says of each rule file how much of it is in force. */
  noteRules(patterns: readonly unknown[], directory: string): void {
    for (const [index, pattern] of patterns.entries()) {
      if (typeof pattern !== "string") continue;
      for (const path of expandPaths(resolve(directory, pattern))) {
        const { groups } = readRuleFile(path);
        const rules = groups.flatMap((group) => group.rules);
        const alerts = rules.filter(({ kind }) => kind === "alerting").length;
        const at = ["rule_files", index];
        this.note(
          "taken",
          at,
          `${path}: recording rules: ${rules.length - alerts}, alerting rules: ${alerts}`,
        );
      }
    }
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function checkResult(file: string, text: string, positions: Positions): void {
  const document = parseDocument(text, { merge: true });
  const input = withoutNulls(document.toJS({ maxAliasCount: 100 }) ?? {});
  const parsed = ConfigSchema.safeParse(input);
  const from = { file: { name: file, positions }, overlays: [] };
  if (!parsed.success) throw new ConfigError(toProblems(parsed.error.issues, input, from));
  const problems = checkJobs(placeJobs(parsed.data.scrape_configs, from), parsed.data.global);
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * Makes our configuration of a prometheus.yml: what both know is taken as it is written, the rest is left out and told.
 * @param directory where the result will stand; relative paths are adapted when that is elsewhere.
 * @throws ConfigError when the file can not be read, or says something that Prometheus would refuse as well.
 */
export function importPrometheus(file: string, directory: string | undefined): PrometheusImport {
  const { value, positions } = readTree(file);
  const tree = withoutNulls(value);
  if (!isTree(tree))
    throw new ConfigError([{ path: "", source: file, line: 1, message: "expected a map" }]);
  const document = parseDocument(readFileText(file), { merge: true });
  const importer = new Importer(file, positions, document);
  const source = dirname(resolve(file));
  const jobs = listOf(tree.scrape_configs);

  importer.spreadLimits(tree.global, jobs);
  for (const key of Object.keys(tree)) {
    if (!(SECTIONS as readonly string[]).includes(key)) importer.leaveOut([key], verdictOn(key));
    else importer.prune(tree[key], [key]);
  }
  if (directory !== undefined && resolve(directory) !== source)
    for (const key of SECTIONS) importer.anchor(tree[key], [key], source);
  for (const [index, job] of jobs.entries()) importer.noteJob(job, ["scrape_configs", index]);
  if (isTree(tree.alerting))
    importer.note(
      "changed",
      ["alerting"],
      "alerts are routed and told here as well; see docs/alertmanager.md to take over the Alertmanager's file",
    );
  importer.noteRules(listOf(tree.rule_files), source);
  if (jobs.length > 0)
    importer.note(
      "changed",
      ["scrape_configs"],
      "a job without limits of its own has those of the section scrape, where Prometheus has none",
    );
  if (isMap(document.contents))
    document.commentBefore = ` Imported from ${basename(file)} by \`fleetlight import\`.`;
  const text = document.toString({ lineWidth: 120 });
  checkResult(file, text, positions);
  const notes = importer.notes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { text, notes };
}
