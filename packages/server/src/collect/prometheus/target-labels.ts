import { addressProblem, paceOf, type GlobalConfig, type ScrapeJob } from "#config";
import { describeError, formatDuration, parseDuration, type LabelSet } from "#lib";

import type { Relabel } from "./relabel.ts";

/** Targets that share labels, as every kind of discovery gives them. */
export interface TargetGroup {
  targets: readonly LabelSet[];
  labels: LabelSet;
}

const PARAM_PREFIX = "__param_";
const META_PREFIX = "__meta_";

/** What relabelling made of a target. */
export type Populated =
  | {
      kind: "active";
      url: string;
      /** Labels of the target's series. */
      labels: LabelSet;
      intervalMs: number;
      timeoutMs: number;
    }
  | { kind: "dropped" }
  | { kind: "invalid"; reason: string };

/** Labels that a target has before relabelling: its own before those of its group before the job's defaults. */
export function discoveredLabels(
  target: LabelSet,
  group: LabelSet,
  job: ScrapeJob,
  global: GlobalConfig,
): LabelSet {
  const labels = new Map<string, string>();
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "" && !labels.has(name)) labels.set(name, value);
  };
  for (const [name, value] of Object.entries(target)) add(name, value);
  for (const [name, value] of Object.entries(group)) add(name, value);
  const { intervalMs, timeoutMs } = paceOf(job, global);
  add("job", job.job_name);
  add("__scrape_interval__", formatDuration(intervalMs));
  add("__scrape_timeout__", formatDuration(timeoutMs));
  add("__metrics_path__", job.metrics_path);
  add("__scheme__", job.scheme);
  for (const [name, [first]] of Object.entries(job.params)) add(PARAM_PREFIX + name, first);
  return Object.fromEntries(labels);
}

/** Bytes that Go writes as they are in a path. */
const escapePath = (path: string): string =>
  encodeURI(path.replace(/\p{Surrogate}/gu, "\u{fffd}")).replace(/[?#]/g, (char) =>
    char === "?" ? "%3F" : "%23",
  );

/** As Go's `url.Values.Encode`: sorted by name, blanks as plus signs. */
function encodeParams(params: ReadonlyMap<string, readonly string[]>): string {
  const names = [...params.keys()].toSorted();
  const query = new URLSearchParams();
  for (const name of names) for (const value of params.get(name) ?? []) query.append(name, value);
  return query.toString();
}

function urlOf(labels: ReadonlyMap<string, string>, job: ScrapeJob): string {
  const params = new Map<string, string[]>(
    Object.entries(job.params).map(([name, values]) => [name, [...values]]),
  );
  for (const [name, value] of labels) {
    if (!name.startsWith(PARAM_PREFIX)) continue;
    const key = name.slice(PARAM_PREFIX.length);
    const [, ...rest] = params.get(key) ?? [];
    params.set(key, [value, ...rest]);
  }
  const query = encodeParams(params);
  const path = labels.get("__metrics_path__") ?? "";
  const slash = path === "" || path.startsWith("/") ? "" : "/";
  const address = labels.get("__address__") ?? "";
  const place = `${labels.get("__scheme__") ?? "http"}://${address}${slash}${escapePath(path)}`;
  return query === "" ? place : `${place}?${query}`;
}

/** The job's pace unless relabelling changed it; a text says what is wrong with it. */
function readPace(labels: ReadonlyMap<string, string>): [number, number] | string {
  const read = (name: string, what: string): number | string => {
    try {
      const valueMs = parseDuration(labels.get(name) ?? "");
      return valueMs === 0 ? `${what} cannot be 0` : valueMs;
    } catch (error) {
      return `error parsing ${what}: ${describeError(error)}`;
    }
  };
  const interval = read("__scrape_interval__", "scrape interval");
  if (typeof interval === "string") return interval;
  const timeout = read("__scrape_timeout__", "scrape timeout");
  if (typeof timeout === "string") return timeout;
  if (timeout <= interval) return [interval, timeout];
  const [long, short] = [formatDuration(timeout), formatDuration(interval)];
  return `scrape timeout cannot be greater than scrape interval ("${long}" > "${short}")`;
}

/** Longest time between scrapes that a timer can hold, and shortest that is sensible. */
const MAX_INTERVAL_MS = 86_400_000;
const MIN_INTERVAL_MS = 100;

/**
 * Relabels a target and reads from the result how it is scraped, as Prometheus' `PopulateLabels`: labels that begin
 * with two underscores steer the scrape and do not become labels of series.
 */
export function populate(
  discovered: LabelSet,
  job: ScrapeJob,
  relabel: Relabel | undefined,
): Populated {
  const labels = new Map(Object.entries(discovered));
  if (relabel !== undefined && !relabel(labels)) return { kind: "dropped" };
  const address = labels.get("__address__") ?? "";
  const problem = addressProblem(address);
  if (problem !== undefined) return { kind: "invalid", reason: problem };
  const pace = readPace(labels);
  if (typeof pace === "string") return { kind: "invalid", reason: pace };
  for (const name of labels.keys()) if (name.startsWith(META_PREFIX)) labels.delete(name);
  const url = urlOf(labels, job);
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return { kind: "invalid", reason: `${JSON.stringify(url)} is not an http(s) URL` };
  if (!labels.has("instance")) labels.set("instance", address);
  const shown = [...labels].filter(([name]) => !name.startsWith("__"));
  const [intervalMs, timeoutMs] = pace;
  return {
    kind: "active",
    url,
    labels: Object.fromEntries(shown),
    intervalMs: Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, intervalMs)),
    timeoutMs,
  };
}
