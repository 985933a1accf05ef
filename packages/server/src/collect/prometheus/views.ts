import { hostname } from "node:os";

import { formatDuration, isoTime, type LabelSet } from "#lib";

import { SERVICES_POOL, type ScrapeTarget, type TargetStatus } from "../scrape/index.ts";
import type { ScrapeJobs } from "./jobs.ts";
import type { ActiveTargetView, TargetMetadataView, TargetsView } from "./types.ts";

/** Go's zero time, which upstream shows for what never happened. */
export const NEVER = "0001-01-01T00:00:00Z";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The scrape's URL as others may see it: no password, and of services no query, which may hold a token. */
function shownUrl(target: ScrapeTarget): URL | null {
  const url = URL.parse(target.url);
  if (url === null) return null;
  if (url.password !== "") url.password = "xxxxx";
  if (target.pool === SERVICES_POOL && url.search !== "") url.search = "?redacted";
  return url;
}

/** Labels that steered the scrape of a service, as if a job had found it. */
function discoveredOf(target: ScrapeTarget): LabelSet {
  if (target.discovered !== undefined) return target.discovered;
  const url = shownUrl(target);
  return {
    ...target.labels,
    __address__: url?.host ?? "",
    __metrics_path__: url?.pathname ?? "",
    __scheme__: url?.protocol.slice(0, -1) ?? "",
    __scrape_interval__: formatDuration(target.intervalMs),
    __scrape_timeout__: formatDuration(target.timeoutMs),
  };
}

function activeView({ target, last }: TargetStatus, host: string): ActiveTargetView {
  const url = shownUrl(target);
  const scrapeUrl = url === null ? "" : url.href;
  if (url !== null && LOOPBACK.has(url.hostname)) url.hostname = host;
  return {
    discoveredLabels: discoveredOf(target),
    labels: target.labels,
    scrapePool: target.pool,
    scrapeUrl,
    globalUrl: url?.href ?? "",
    lastError: last?.error ?? "",
    lastScrape: last === undefined ? NEVER : isoTime(last.timeMs),
    lastScrapeDuration: last?.durationSeconds ?? 0,
    health: last === undefined ? "unknown" : last.error === null ? "up" : "down",
    scrapeInterval: formatDuration(target.intervalMs),
    scrapeTimeout: formatDuration(target.timeoutMs),
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Sources {
  states: () => Iterable<TargetStatus>;
  jobs: ScrapeJobs;
  /** Tenant that the jobs belong to; the others have services only. */
  jobsTenant: string;
  /** Stands for loopback addresses in `globalUrl`. */
  host?: string;
}

/** What the Prometheus API shows of targets, made from the state of the scraper when it is asked for. */
export function createTargetViews({ states, jobs, jobsTenant, host = hostname() }: Sources) {
  const statesOf = function* (tenant: string): Generator<TargetStatus> {
    for (const status of states()) if (status.target.tenant === tenant) yield status;
  };
  return {
    targets(tenant: string): TargetsView {
      const active = Array.from(statesOf(tenant), (status) => activeView(status, host));
      active.sort(
        (a, b) => compareText(a.scrapePool, b.scrapePool) || compareText(a.scrapeUrl, b.scrapeUrl),
      );
      if (tenant !== jobsTenant) return { active, dropped: [], droppedCounts: {} };
      const { targets: dropped, counts: droppedCounts } = jobs.dropped();
      return { active, dropped, droppedCounts };
    },
    pools(tenant: string): string[] {
      const names = new Set(tenant === jobsTenant ? jobs.pools() : []);
      for (const { target } of statesOf(tenant)) names.add(target.pool);
      return [...names].toSorted();
    },
    *metadata(tenant: string): Generator<TargetMetadataView> {
      for (const { target, described } of statesOf(tenant))
        for (const [metric, metadata] of described)
          yield { target: target.labels, metric, ...metadata };
    },
  };
}
