import { globSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { formatDuration } from "#lib";
import { z } from "zod";

import { alertmanagerOf } from "../alertmanager/from-notifications.ts";
import { readAlertmanagerFile } from "../alertmanager/read.ts";
import type { AlertmanagerConfig } from "../alertmanager/types.ts";
import { toProblems, type Provenance } from "../issues.ts";
import { ConfigError, formatPath, type ConfigPath, type ConfigProblem } from "../problems.ts";
import type { Config } from "../schema.ts";
import { isTree, readTree, withoutNulls } from "../text.ts";
import { readRuleFile, type RuleFile } from "./rule-file.ts";
import { ruleSetFiles } from "./rule-sets.ts";
import { scrapeJobs, type GlobalConfig, type ScrapeJob } from "./scrape-job.ts";

/** Files that the patterns of one configuration may stand for. */
const MAX_FILES = 10_000;

/** What the configuration says in other files. */
export interface IncludedFiles {
  /** Jobs of `scrape_configs` and of every file in `scrape_config_files`. */
  scrapeJobs: ScrapeJob[];
  ruleFiles: RuleFile[];
  /** Of `alerting.alertmanager_config`, or made of `notifications`. */
  alertmanager: AlertmanagerConfig;
}

/** The keys of {@link Config} that matter here. */
interface Including extends Pick<Config, "notifications"> {
  alerting: Pick<Config["alerting"], "alertmanager_config" | "exec" | "rule_sets">;
  global: GlobalConfig;
  scrape_configs: ScrapeJob[];
  scrape_config_files: string[];
  rule_files: string[];
}

const ScrapeConfigFile = z.strictObject({ scrape_configs: scrapeJobs() });

/** Makes the paths of a job, and of what is nested in it, relative to the file that holds it. */
function anchorJob(node: unknown, directory: string): void {
  if (Array.isArray(node)) {
    for (const item of node) anchorJob(item, directory);
    return;
  }
  if (!isTree(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === "string" && key.endsWith("_file")) node[key] = resolve(directory, value);
    else if (key === "files" && Array.isArray(value))
      node[key] = value.map((path: unknown) =>
        typeof path === "string" ? resolve(directory, path) : path,
      );
    else if (key !== "labels" && key !== "params") anchorJob(value, directory);
  }
}

/** Makes the paths in `scrape_configs`, `scrape_config_files` and `rule_files` relative to the file. */
export function anchorScrapeConfigs(root: unknown, directory: string): void {
  if (!isTree(root)) return;
  anchorJob(root.scrape_configs, directory);
  if (isTree(root.alerting)) anchorJob(root.alerting.alertmanagers, directory);
  if (isTree(root.forwarding)) anchorJob(root.forwarding.otlp, directory);
  for (const key of ["scrape_config_files", "rule_files"] as const) {
    const paths = root[key];
    if (!Array.isArray(paths)) continue;
    root[key] = paths.map((path: unknown) =>
      typeof path === "string" ? resolve(directory, path) : path,
    );
  }
}

/** Where a setting of the main file is written, for problems that are found after it was read. */
function placeOf(path: ConfigPath, from: Provenance): Partial<ConfigProblem> {
  if (!from.file) return {};
  return { source: from.file.name, ...from.file.positions.ofValue(path) };
}

/** Paths of files that are there, in order. */
export const expandPaths = (pattern: string): string[] => globSync(pattern).toSorted();

/** Paths that patterns stand for, each once. A path without a pattern must exist. */
function expand(
  key: "rule_files" | "scrape_config_files",
  patterns: readonly string[],
  from: Provenance,
  problems: ConfigProblem[],
): string[] {
  const paths = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const found = expandPaths(pattern);
    for (const path of found) paths.add(path);
    if (found.length > 0 || /[*?[]/.test(pattern)) continue;
    const path = [key, index];
    const message = `${JSON.stringify(pattern)} does not point to an existing file`;
    problems.push({ path: formatPath(path), message, ...placeOf(path, from) });
  }
  if (paths.size <= MAX_FILES) return [...paths];
  const message = `stands for ${paths.size} files; at most ${MAX_FILES} are read`;
  problems.push({ path: key, message, ...placeOf([key], from) });
  return [];
}

/** A job and where it is written. */
interface PlacedJob {
  job: ScrapeJob;
  path: ConfigPath;
  from: Provenance;
}

/** The jobs of a file's `scrape_configs`. */
export const placeJobs = (jobs: readonly ScrapeJob[], from: Provenance): PlacedJob[] =>
  jobs.map((job, index) => ({ job, path: ["scrape_configs", index], from }));

function readJobs(path: string): PlacedJob[] {
  const { value, positions } = readTree(path);
  const input = withoutNulls(value);
  anchorScrapeConfigs(input, dirname(path));
  const from: Provenance = { file: { name: path, positions }, overlays: [] };
  const parsed = ScrapeConfigFile.safeParse(input);
  if (!parsed.success) {
    throw new ConfigError(toProblems(parsed.error.issues, input, from, ScrapeConfigFile));
  }
  return placeJobs(parsed.data.scrape_configs, from);
}

/** What is wrong by rules that concern several jobs, or a job and the defaults. */
export function checkJobs(jobs: readonly PlacedJob[], global: GlobalConfig): ConfigProblem[] {
  const seen = new Set<string>();
  const problems: ConfigProblem[] = [];
  for (const { job, path, from } of jobs) {
    const report = (key: string, message: string) => {
      const at = [...path, key];
      problems.push({ path: formatPath(at), message, ...placeOf(at, from) });
    };
    const name = JSON.stringify(job.job_name);
    if (seen.has(job.job_name))
      report("job_name", `found multiple scrape configs with job name ${name}`);
    seen.add(job.job_name);
    const interval = job.scrape_interval ?? global.scrape_interval;
    if (job.scrape_timeout !== undefined && job.scrape_timeout > interval)
      report(
        "scrape_timeout",
        `scrape timeout greater than scrape interval (${formatDuration(interval)}) for scrape config with job name ${name}`,
      );
  }
  return problems;
}

/** Reads one file, and keeps what is wrong with it for the report about all. */
function attempt<T>(problems: ConfigProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/**
 * Reads the files that a configuration names; `former` is what the configuration before found.
 * @throws ConfigError with every problem, its file and line; a configuration is taken with all its files or not at all.
 */
export function readIncludes(
  config: Including,
  from: Provenance,
  former: IncludedFiles | undefined,
): IncludedFiles {
  const problems: ConfigProblem[] = [];
  const jobs = placeJobs(config.scrape_configs, from);
  for (const path of expand("scrape_config_files", config.scrape_config_files, from, problems))
    jobs.push(...(attempt(problems, () => readJobs(path)) ?? []));
  problems.push(...checkJobs(jobs, config.global));
  const known = new Map(former?.ruleFiles.map((file) => [file.path, file]));
  const rulePaths = [
    ...expand("rule_files", config.rule_files, from, problems),
    ...ruleSetFiles(config.alerting.rule_sets),
  ];
  const ruleFiles = [...new Set(rulePaths)].flatMap(
    (path) => attempt(problems, () => readRuleFile(path, known.get(path))) ?? [],
  );
  const { alertmanager_config: file } = config.alerting;
  const alertmanager = attempt(problems, () =>
    file === undefined
      ? alertmanagerOf(config.notifications)
      : readAlertmanagerFile(resolve(file), { allowExec: config.alerting.exec.enabled }),
  );
  if (problems.length > 0 || alertmanager === undefined) throw new ConfigError(problems);
  return { scrapeJobs: jobs.map(({ job }) => job), ruleFiles, alertmanager };
}
