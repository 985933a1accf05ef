import type { Health } from "@fleetlight/contract";

import { FleetlightError } from "../client/index.ts";
import type { ComponentResult } from "./components.ts";
import type { MonitoringStats } from "./stats.ts";

export type Recommendation = {
  severity: "critical" | "warning" | "info";
  /** What was found. */
  message: string;
  /** What to do about it. */
  remedy: string;
};

export type SystemHealth = {
  status: "healthy" | "degraded" | "unhealthy";
  timestamp: string;
  server: {
    reachable: boolean;
    /** The server's own words: `healthy`, `degraded`, or null when it cannot be reached. */
    status: string | null;
    version: string | null;
    latencyMs: number | null;
    /** How far the server's clock is ahead of ours; null when it cannot be known. */
    clockSkewMs: number | null;
    error: string | null;
  };
  components: Readonly<Record<string, ComponentResult>>;
  sdk: MonitoringStats;
  recommendations: Recommendation[];
};

/** Clocks further apart are worth a word: spans of several hosts would stand in the wrong order. */
const MAX_SKEW_MS = 2000;
/** Of the queue's limit. */
const QUEUE_SHARE = 0.8;
/** Names of metrics that break a convention and are spoken of. */
const MAX_WARNINGS = 10;

export type AskedServer = {
  health: Health | null;
  error: unknown;
  startMs: number;
  endMs: number;
};

function serverOf({ health, error, startMs, endMs }: AskedServer): SystemHealth["server"] {
  const middleMs = (startMs + endMs) / 2;
  const serverMs = health === null ? Number.NaN : Date.parse(health.timestamp);
  const refused = error instanceof FleetlightError && error.status !== null;
  return {
    reachable: health !== null || refused,
    status: health?.status ?? null,
    version: health?.version ?? null,
    latencyMs: health === null ? null : endMs - startMs,
    clockSkewMs: Number.isFinite(serverMs) ? serverMs - middleMs : null,
    error: health !== null ? null : error instanceof Error ? error.message : String(error),
  };
}

function aboutServer(server: SystemHealth["server"], health: Health | null): Recommendation[] {
  const found: Recommendation[] = [];
  if (!server.reachable) {
    found.push({
      severity: "critical",
      message: `Fleetlight cannot be reached: ${server.error}`,
      remedy: "Check `url`, and that nothing between this host and the server blocks its port.",
    });
  } else if (health === null) {
    found.push({
      severity: "critical",
      message: `Fleetlight refuses to answer: ${server.error}`,
      remedy: "Check `token` and `tenant`.",
    });
  }
  if (health?.status === "degraded") {
    const sick = Object.entries(health.dependencies)
      .filter(([, status]) => status !== "healthy")
      .map(([name]) => name);
    found.push({
      severity: "warning",
      message: `The server is degraded${sick.length === 0 ? "" : `: ${sick.join(", ")}`}.`,
      remedy: "Open its console; `GET /health` names every service and dependency.",
    });
  }
  if (Math.abs(server.clockSkewMs ?? 0) > MAX_SKEW_MS) {
    found.push({
      severity: "warning",
      message: `The server's clock differs from ours by ${Math.round(server.clockSkewMs ?? 0)} ms.`,
      remedy: "Synchronise both hosts with NTP: spans of several hosts stand in the wrong order.",
    });
  }
  return found;
}

type Rule = Recommendation & { applies: boolean };

function aboutSpans({ dropped, queued, maxQueued, cut }: MonitoringStats["spans"]): Rule[] {
  const lost = dropped.queue_full + dropped.expired;
  const parts = cut.attributes + cut.events + cut.links;
  return [
    {
      applies: lost > 0,
      severity: "warning",
      message: `${lost} spans were lost because they could not be delivered.`,
      remedy:
        "Find out why the server is slow or away; `tracing.maxQueuedSpans` and `maxQueuedBytes` bridge longer gaps.",
    },
    {
      applies: dropped.unreadable > 0,
      severity: "warning",
      message: `${dropped.unreadable} spans were lost because they threw when they were read.`,
      remedy: "Look at what your tracer provider hands to `spanProcessor()`.",
    },
    {
      applies: dropped.refused > 0,
      severity: "warning",
      message: `The server refused ${dropped.refused} spans.`,
      remedy: "Check the token's scope (`write`), and this host's clock.",
    },
    {
      applies: lost === 0 && queued > maxQueued * QUEUE_SHARE,
      severity: "warning",
      message: `${queued} of ${maxQueued} spans wait.`,
      remedy: "The server takes less than is sent: look at its health.",
    },
    {
      applies: parts > 0,
      severity: "info",
      message: `${parts} attributes, events and links did not fit into their spans.`,
      remedy: "Give long lists one attribute, or a span for each part of the work.",
    },
  ];
}

function aboutWork({ not_remembered, unknown_ids, errors }: MonitoringStats["work"]): Rule[] {
  return [
    {
      applies: not_remembered > 0,
      severity: "warning",
      message: `${not_remembered} workflows, tasks or conflicts were started while too many were open.`,
      remedy: "End each of them: completeWorkflow, completeTask, resolveConflict.",
    },
    {
      applies: unknown_ids > 0,
      severity: "info",
      message: `${unknown_ids} workflows, tasks or conflicts were ended that were not open here.`,
      remedy: "Check the ids; what another process started is ended there.",
    },
    {
      applies: errors > 0,
      severity: "warning",
      message: `${errors} pieces of work could not be recorded.`,
      remedy: "Check the arguments of the calls: names and ids are texts, agents are lists.",
    },
  ];
}

function aboutSdk(stats: MonitoringStats): Recommendation[] {
  const { spans, work, metrics, checkpoints, registered } = stats;
  const rules: Rule[] = [
    ...aboutSpans(spans),
    ...aboutWork(work),
    {
      applies: registered === false,
      severity: "warning",
      message: "The service is not registered yet.",
      remedy: "See `onError`; the token may lack a scope.",
    },
    {
      applies: metrics.pushesFailed > 0,
      severity: "warning",
      message: `${metrics.pushesFailed} pushes of metrics failed.`,
      remedy: "See the server's log, and the limits in docs/ingest.md.",
    },
    {
      applies: checkpoints.unanswered > 0,
      severity: "warning",
      message: `${checkpoints.unanswered} checkpoints got no answer; the work went on.`,
      remedy: "Budgets are not enforced while the server is away or slow.",
    },
    ...metrics.warnings.slice(0, MAX_WARNINGS).map((warning) => ({
      applies: true,
      severity: "info" as const,
      message: warning,
      remedy: "Rename the metric: https://prometheus.io/docs/practices/naming/",
    })),
  ];
  return rules
    .filter(({ applies }) => applies)
    .map(({ severity, message, remedy }) => ({ severity, message, remedy }));
}

function aboutComponents(components: SystemHealth["components"]): Recommendation[] {
  return Object.entries(components)
    .filter(([, { status }]) => status !== "healthy")
    .map(([name, { status, message }]) => ({
      severity: status === "unhealthy" ? ("critical" as const) : ("warning" as const),
      message: `The component ${name} is ${status}${message === "" ? "" : `: ${message}`}.`,
      remedy: `Look at ${name}; its check says what is wrong.`,
    }));
}

/** What the server, the host's components and the SDK say, and what to do about it. */
export function judge(
  asked: AskedServer,
  components: SystemHealth["components"],
  sdk: MonitoringStats,
): SystemHealth {
  const server = serverOf(asked);
  const recommendations = [
    ...aboutServer(server, asked.health),
    ...aboutComponents(components),
    ...aboutSdk(sdk),
  ];
  const worst = (severity: Recommendation["severity"]): boolean =>
    recommendations.some((one) => one.severity === severity);
  return {
    status: worst("critical") ? "unhealthy" : worst("warning") ? "degraded" : "healthy",
    timestamp: new Date(asked.endMs).toISOString(),
    server,
    components,
    sdk,
    recommendations,
  };
}
