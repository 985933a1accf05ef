import type {
  AgentList,
  AgentPerformance,
  AlertHistory,
  AlertRule,
  AlertRuleInput,
  AlertRulePatch,
  AlertsAnswer,
  AlertsSent,
  Checkpoint,
  EventList,
  Health,
  LatestMetrics,
  Overview,
  RegisterAnswer,
  RuleList,
  Service,
  ServiceList,
  ServiceRegistration,
  Trace,
  TraceList,
} from "@fleetlight/contract";

import type { Ask } from "../http/ask.ts";
import { keepRegistered } from "./keep-registered.ts";
import type { KeepOptions, Registered } from "./keep-registered.ts";
import { FleetlightError, send } from "./request.ts";
import type { Transport } from "./request.ts";

/** What a service tells about itself; everything but id, name and url has a default at the server. */
export type Registration = Pick<ServiceRegistration, "id" | "name" | "url"> &
  Partial<ServiceRegistration>;

/** A threshold rule on `metric` (or `expr`). */
export type NewAlertRule = Pick<AlertRuleInput, "id" | "name" | "condition" | "threshold"> &
  Partial<AlertRuleInput>;

export type ClientOptions = {
  /** Address of the server, e.g. `http://127.0.0.1:8051`. */
  url: string;
  /** Bearer token, where the server asks for one. */
  token?: string;
  /** Whose data it is, where a server serves several; `default` when left out. */
  tenant?: string;
  /** Milliseconds for one request; 5,000 when left out. */
  timeoutMs?: number;
  /** Another `fetch`, e.g. one that goes through a proxy. */
  fetch?: typeof globalThis.fetch;
};

/** Who asks whether it may go on; each of them may have a budget. */
export type CheckpointQuestion = {
  agent?: string;
  conversation?: string;
  user?: string;
  workflow?: string;
  trace_id?: string;
};

/** One series of the answer to an instant query: the value is a text, as Prometheus has it. */
export type QuerySample = { metric: Record<string, string>; value: [number, string] };

/** Answers are of the last `hours`; of one hour when left out. */
export type Hours = { hours?: number };

/** The server's API. Every method rejects with FleetlightError and nothing else; `keepRegistered` never does. */
export type FleetlightClient = {
  register(registration: Registration): Promise<RegisterAnswer>;
  heartbeat(serviceId: string): Promise<void>;
  remove(serviceId: string): Promise<void>;
  services(): Promise<ServiceList>;
  service(serviceId: string): Promise<Service>;
  metrics(): Promise<LatestMetrics>;
  alerts(): Promise<AlertsAnswer>;
  alertHistory(): Promise<AlertHistory>;
  rules(): Promise<RuleList>;
  createRule(rule: NewAlertRule): Promise<AlertRule>;
  updateRule(ruleId: string, patch: Partial<AlertRulePatch>): Promise<AlertRule>;
  removeRule(ruleId: string): Promise<void>;
  events(): Promise<EventList>;
  overview(): Promise<Overview>;
  agents(range?: Hours): Promise<AgentList>;
  agentPerformance(agent: string, range?: Hours): Promise<AgentPerformance>;
  /** Traces that match; names as in docs/traces.md, e.g. `{ agent: "writer", errors: true }`. */
  traces(search?: Readonly<Record<string, string | number | boolean>>): Promise<TraceList>;
  trace(traceId: string): Promise<Trace>;
  /** Whether whoever asks may go on, by its budgets and by stops. */
  checkpoint(question?: CheckpointQuestion): Promise<Checkpoint>;
  /** A PromQL expression at this moment; the series of a vector. */
  query(expression: string): Promise<QuerySample[]>;
  /** The server's own health; a degraded server answers too. */
  health(): Promise<Health>;
  /**
   * Registers in the background, sends heartbeats, and registers again whenever the server has forgotten the service.
   * Returns at once, keeps no process alive, and reports failures to `onError` only.
   */
  keepRegistered(registration: Registration, options?: KeepOptions): Registered;
};

const DEFAULT_TIMEOUT_MS = 5000;

/** @throws TypeError when `url` is no http(s) address; that is a mistake in the program's configuration. */
function transportOf(options: ClientOptions, ask: Ask): Transport {
  const url = new URL(options.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`${options.url} is not an http:// or https:// address`);
  }
  return {
    url: (url.origin + url.pathname).replace(/\/+$/, ""),
    token: options.token,
    tenant: options.tenant,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ask,
  };
}

/** @throws TypeError when `url` is no http(s) address. Opens no connection yet. */
export function createClient(options: ClientOptions, ask: Ask): FleetlightClient {
  const transport = transportOf(options, ask);
  const service = (id: string) => `/api/v1/services/${encodeURIComponent(id)}`;
  const rule = (id: string) => `/api/v1/alerts/rules/${encodeURIComponent(id)}`;
  // The server is of the same release or newer and validates what it answers; checking it again would cost the host.
  const call = <T>(method: string, path: string, body?: unknown) =>
    send(transport, method, path, body) as Promise<T>;
  const client: FleetlightClient = {
    register: (registration) => call("POST", "/api/v1/services/register", registration),
    heartbeat: async (id) => void (await call("POST", `${service(id)}/heartbeat`, {})),
    remove: async (id) => void (await call("DELETE", service(id))),
    services: () => call("GET", "/api/v1/services"),
    service: (id) => call("GET", service(id)),
    metrics: () => call("GET", "/api/v1/metrics"),
    alerts: async () => ({
      active_alerts: [],
      history: [],
      count: 0,
      ...(await call<AlertsSent>("GET", "/api/v1/alerts")),
    }),
    alertHistory: () => call("GET", "/api/v1/alerts/history"),
    rules: () => call("GET", "/api/v1/alerts/rules"),
    createRule: (input) => call("POST", "/api/v1/alerts/rules", input),
    updateRule: (id, patch) => call("PATCH", rule(id), patch),
    removeRule: async (id) => void (await call("DELETE", rule(id))),
    events: () => call("GET", "/api/v1/events"),
    overview: () => call("GET", "/api/v1/overview"),
    agents: (range = {}) => call("GET", `/api/v1/agents${asked(range)}`),
    agentPerformance: (agent, range = {}) =>
      call("GET", `/api/v1/agents/${encodeURIComponent(agent)}/performance${asked(range)}`),
    traces: (search = {}) => call("GET", `/api/v1/traces${asked(search)}`),
    trace: (id) => call("GET", `/api/v1/traces/${encodeURIComponent(id)}`),
    checkpoint: (question = {}) => call("GET", `/api/v1/checkpoint${asked(question)}`),
    query: (expression) => readVector(transport, expression),
    health: () => readHealth(transport),
    keepRegistered: (registration, keep = {}) => keepRegistered(client, registration, keep),
  };
  return client;
}

/** The query part of an address; what is undefined or empty is left out. */
function asked(
  parameters: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return query.size === 0 ? "" : `?${query}`;
}

async function readVector(transport: Transport, expression: string): Promise<QuerySample[]> {
  const path = `/api/v1/query${asked({ query: expression })}`;
  const answer = (await send(transport, "GET", path)) as { data?: { result?: unknown } };
  const result = answer.data?.result;
  if (!Array.isArray(result)) {
    throw new FleetlightError("bad_answer", "the server's answer is not that of a query", 200);
  }
  return result.filter((one) => typeof one === "object" && one !== null) as QuerySample[];
}

/** A degraded server says so with 503 and the same body. */
async function readHealth(transport: Transport): Promise<Health> {
  const answer = (await send(transport, "GET", "/health", undefined, [503])) as Partial<Health>;
  if (answer.status === undefined) {
    throw new FleetlightError("bad_answer", "the server's answer is not a health report", 503);
  }
  return answer as Health;
}
