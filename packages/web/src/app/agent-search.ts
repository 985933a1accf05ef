import type { AgentStatus } from "@fleetlight/contract";

/** Raw search parameters as the router read them from the address. */
type Raw = Record<string, unknown>;

const text = (value: unknown): string | undefined => {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, 256) : undefined;
};

const compact = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

export const AGENT_HOURS = [1, 6, 24, 168] as const;
export const AGENT_STATUSES = [
  "failing",
  "working",
  "idle",
  "silent",
] as const satisfies AgentStatus[];
/** Columns that the table is sorted by; `name` is the usual one. */
export const AGENT_ORDERS = [
  "throughput",
  "success",
  "quality",
  "p95",
  "cost",
  "utilization",
] as const;

export interface AgentsSearch {
  q?: string;
  status?: AgentStatus;
  sort?: (typeof AGENT_ORDERS)[number];
  /** How far back, in hours; what is usual for the page when left out. */
  hours?: number;
}

const hoursOf = (raw: Raw): number | undefined => AGENT_HOURS.find((one) => one === raw["hours"]);

export const parseAgentsSearch = (raw: Raw): AgentsSearch =>
  compact({
    q: text(raw["q"]),
    status: AGENT_STATUSES.find((one) => one === raw["status"]),
    sort: AGENT_ORDERS.find((one) => one === raw["sort"]),
    hours: hoursOf(raw),
  });

export interface AgentSearch {
  hours?: number;
}

export const parseAgentSearch = (raw: Raw): AgentSearch => compact({ hours: hoursOf(raw) });

export interface ConversationsSearch extends AgentSearch {
  q?: string;
  agent?: string;
}

export const parseConversationsSearch = (raw: Raw): ConversationsSearch =>
  compact({ q: text(raw["q"]), agent: text(raw["agent"]), hours: hoursOf(raw) });

export interface WorkflowsSearch extends AgentSearch {
  q?: string;
}

export const parseWorkflowsSearch = (raw: Raw): WorkflowsSearch =>
  compact({ q: text(raw["q"]), hours: hoursOf(raw) });
