import { dirname } from "node:path";

import { ServiceRegistration } from "@fleetlight/contract";
import { formatDuration, parseDuration } from "#lib";
import { stringify } from "yaml";
import { z } from "zod";

import type { Config } from "../schema.ts";
import { isTree, readTree, withoutNulls, type Tree } from "../text.ts";
import { anchorScrapeConfigs, expandPaths } from "./include.ts";

/** Keys whose values may be plain numbers of seconds or have fractions here, but not in Prometheus. */
const DURATIONS: ReadonlySet<string> = new Set([
  "scrape_interval",
  "scrape_timeout",
  "evaluation_interval",
  "rule_query_offset",
  "refresh_interval",
]);

/** The part of a service's description that says how it is scraped; the server's own answer has more. */
const Scraped = ServiceRegistration.pick({
  id: true,
  url: true,
  metrics_endpoint: true,
  labels: true,
  check: true,
  scrape: true,
});
type Scraped = z.infer<typeof Scraped>;
const Services = z.object({ services: z.array(Scraped).max(100_000) });

export interface ExportOptions {
  config: Config;
  /** The file that the configuration comes from; its scrape jobs and rule files are taken as they are written. */
  file: string | undefined;
  /** What `GET /api/v1/services` answered; the services of the configuration when left out. */
  services?: unknown;
  /** Where Prometheus reaches Fleetlight. */
  url: string;
  tenant?: string | undefined;
  /** File with the token for Fleetlight, as Prometheus will read it. */
  tokenFile?: string | undefined;
  /** Whether Prometheus sends to Fleetlight what it scrapes. */
  remoteWrite: boolean;
}

export interface PrometheusExport {
  text: string;
  /** What could not be said in Prometheus' language. */
  notes: string[];
}

/** Where Fleetlight listens, as a program on the same machine reaches it. */
export function localUrl({ server }: Config): string {
  const isAny = ["0.0.0.0", "::", "[::]"].includes(server.host);
  const host = isAny ? "127.0.0.1" : server.host;
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${server.tls ? "https" : "http"}://${shown}:${server.port}`;
}

function withDurations(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withDurations);
  if (!isTree(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isDuration = DURATIONS.has(key) && ["string", "number"].includes(typeof value);
      const written = isDuration ? formatDuration(parseDuration(value as string)) : value;
      return [key, key === "labels" || key === "params" ? value : withDurations(written)];
    }),
  );
}

function treeOf(file: string): Tree {
  const tree = withoutNulls(readTree(file).value);
  anchorScrapeConfigs(tree, dirname(file));
  return isTree(tree) ? tree : {};
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textsOf = (value: unknown): string[] =>
  listOf(value).filter((one): one is string => typeof one === "string");

/** The sections that Prometheus has as well, files of jobs unfolded because Prometheus 2.42 does not know them. */
function sectionsOf(file: string | undefined) {
  const tree = file === undefined ? {} : treeOf(file);
  const files = textsOf(tree.scrape_config_files).flatMap((pattern) => expandPaths(pattern));
  const jobs = [tree, ...files.map((path) => treeOf(path))].flatMap((one) =>
    listOf(one.scrape_configs),
  );
  return {
    global: isTree(tree.global) ? (withDurations(tree.global) as Tree) : {},
    jobs: jobs.map((job) => withDurations(job) as Tree),
    ruleFiles: textsOf(tree.rule_files),
  };
}

/** As `collect/services/scrape-targets.ts` decides it. */
const isScraped = ({ check, scrape }: Scraped): boolean =>
  scrape?.enabled ?? check?.mode !== "heartbeat";

const addressOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;

/** One target with its labels; those that begin with two underscores tell Prometheus where and how often. */
function targetOf(service: Scraped, config: Config, notes: string[]): Tree {
  const { id, url, metrics_endpoint: endpoint, labels, scrape = {} } = service;
  const base = url.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const page = new URL(/^https?:/.test(endpoint) ? endpoint : base + endpoint);
  if (page.username !== "")
    notes.push(`service ${id}: the password in its URL is left out; add basic_auth to its job`);
  const intervalMs = scrape.interval_seconds
    ? scrape.interval_seconds * 1000
    : config.scrape.interval;
  const timeoutMs = scrape.timeout_seconds ? scrape.timeout_seconds * 1000 : config.scrape.timeout;
  const own = Object.entries(labels).filter(([name]) => !name.startsWith("__"));
  return {
    targets: [addressOf(page)],
    labels: {
      instance: addressOf(new URL(url)),
      job: id,
      ...Object.fromEntries(own),
      service: id,
      __scheme__: page.protocol.slice(0, -1),
      __metrics_path__: page.pathname,
      ...Object.fromEntries(
        [...page.searchParams].map(([name, value]) => [
          `__param_${name.replaceAll(/\W/g, "_")}`,
          value,
        ]),
      ),
      __scrape_interval__: formatDuration(intervalMs),
      __scrape_timeout__: formatDuration(Math.min(timeoutMs, intervalMs)),
    },
  };
}

/** The services in at most two jobs, because whose labels win is a matter of the job. */
function serviceJobs(services: readonly Scraped[], config: Config, notes: string[]): Tree[] {
  const jobs = [false, true].map((honors) => {
    const members = services.filter(
      (one) =>
        isScraped(one) && (one.scrape?.honor_labels ?? config.scrape.honor_labels) === honors,
    );
    return {
      job_name: honors ? "fleetlight_services_honored" : "fleetlight_services",
      honor_labels: honors,
      static_configs: members.map((one) => targetOf(one, config, notes)),
    };
  });
  return jobs.filter((job) => job.static_configs.length > 0);
}

/** How Prometheus proves who it is, and for whom it speaks. */
function access({ tokenFile, tenant }: ExportOptions): Tree {
  return {
    ...(tokenFile !== undefined && { authorization: { credentials_file: tokenFile } }),
    ...(tenant !== undefined && { headers: { "X-Scope-OrgID": tenant } }),
  };
}

function ownJob(options: ExportOptions): Tree {
  const url = new URL(options.url);
  const { authorization } = access(options);
  return {
    job_name: "fleetlight",
    scheme: url.protocol.slice(0, -1),
    metrics_path: `${url.pathname.replace(/\/+$/, "")}/metrics`,
    ...(authorization !== undefined && { authorization }),
    static_configs: [{ targets: [addressOf(url)], labels: { service: "fleetlight" } }],
  };
}

/**
 * Makes a prometheus.yml with which a Prometheus scrapes what Fleetlight scrapes, and Fleetlight itself. It holds the
 * secrets of the scrape jobs.
 * @throws ConfigError when a file of the configuration is wrong, ZodError when `services` is no list of services.
 */
export function exportPrometheus(options: ExportOptions): PrometheusExport {
  const { config, file, url, remoteWrite } = options;
  const notes: string[] = [];
  const { services } = Services.parse(options.services ?? { services: config.services });
  const { global, jobs, ruleFiles } = sectionsOf(file);
  const taken = new Set(jobs.map((job) => job.job_name));
  const generated = [ownJob(options), ...serviceJobs(services, config, notes)].filter((job) => {
    if (!taken.has(job.job_name)) return true;
    notes.push(`the job ${String(job.job_name)} of the configuration stands for ours`);
    return false;
  });
  const base = url.replace(/\/+$/, "");
  const text = stringify(
    {
      global: { scrape_interval: formatDuration(config.scrape.interval), ...global },
      ...(ruleFiles.length > 0 && { rule_files: ruleFiles }),
      scrape_configs: [...generated, ...jobs],
      ...(remoteWrite && { remote_write: [{ url: `${base}/api/v1/write`, ...access(options) }] }),
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  );
  return { text: `# Generated by \`fleetlight generate prometheus\`.\n${text}`, notes };
}
