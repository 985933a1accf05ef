import type {
  AlertHistory,
  AlertRule,
  AlertRuleInput,
  AlertRulePatch,
  AlertsAnswer,
  EventList,
  Health,
  LatestMetrics,
  Overview,
  RegisterAnswer,
  RuleList,
  Service,
  ServiceList,
  ServiceRegistration,
} from "@fleetlight/contract";

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
  /** Milliseconds for one request; 5,000 when left out. */
  timeoutMs?: number;
  /** Another `fetch`, e.g. one that goes through a proxy. */
  fetch?: typeof globalThis.fetch;
};

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
function transportOf(options: ClientOptions): Transport {
  const url = new URL(options.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`${options.url} is not an http:// or https:// address`);
  }
  return {
    url: (url.origin + url.pathname).replace(/\/+$/, ""),
    token: options.token,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    fetch: options.fetch ?? globalThis.fetch,
  };
}

/** @throws TypeError when `url` is no http(s) address. Opens no connection yet. */
export function createFleetlightClient(options: ClientOptions): FleetlightClient {
  const transport = transportOf(options);
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
    alerts: () => call("GET", "/api/v1/alerts"),
    alertHistory: () => call("GET", "/api/v1/alerts/history"),
    rules: () => call("GET", "/api/v1/alerts/rules"),
    createRule: (input) => call("POST", "/api/v1/alerts/rules", input),
    updateRule: (id, patch) => call("PATCH", rule(id), patch),
    removeRule: async (id) => void (await call("DELETE", rule(id))),
    events: () => call("GET", "/api/v1/events"),
    overview: () => call("GET", "/api/v1/overview"),
    health: () => readHealth(transport),
    keepRegistered: (registration, keep = {}) => keepRegistered(client, registration, keep),
  };
  return client;
}

/** A degraded server says so with 503 and the same body. */
async function readHealth(transport: Transport): Promise<Health> {
  const lenient: Transport = {
    ...transport,
    fetch: async (...args) => {
      const response = await transport.fetch(...args);
      if (response.status !== 503) return response;
      return new Response(response.body, { status: 200, headers: response.headers });
    },
  };
  const answer = (await send(lenient, "GET", "/health")) as Partial<Health>;
  if (answer.status === undefined) {
    throw new FleetlightError("bad_answer", "the server's answer is not a health report", 503);
  }
  return answer as Health;
}
