import type { RequestListener, Server } from "node:http";

import compress from "@fastify/compress";
import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import type { Registry } from "@fleetlight/sdk";
import fastify, { LogController, type FastifyBaseLogger } from "fastify";
import { jsonSchemaTransform, validatorCompiler } from "fastify-type-provider-zod";

import { FleetlightError } from "#lib";

import type { Doors } from "../doors.ts";
import { guardRoutes } from "./access.ts";
import type { App } from "./app-type.ts";
import { acceptBodies } from "./bodies.ts";
import { answerMalformed, answerUnreadable, handleErrors } from "./errors.ts";
import { isOwn } from "./own-requests.ts";
import { readTls } from "./read-tls.ts";
import { agentRoutes } from "./routes/agents.ts";
import { alertmanagerRoutes } from "./routes/alertmanager/index.ts";
import { alertRoutes, ruleRoutes } from "./routes/alerts.ts";
import { consoleRoutes, referenceRoutes } from "./routes/console.ts";
import { jaegerRoutes } from "./routes/jaeger.ts";
import { priceRoutes } from "./routes/prices.ts";
import { fleetRoutes } from "./routes/fleet.ts";
import { logRoutes } from "./routes/logs.ts";
import { traceRoutes } from "./routes/traces.ts";
import { budgetRoutes } from "./routes/budgets.ts";
import { coordinationRoutes } from "./routes/coordination.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { incidentRoutes } from "./routes/incidents.ts";
import { ingestRoutes, otlpOnlyRoutes } from "./routes/ingest/index.ts";
import { maintenanceRoutes } from "./routes/maintenance.ts";
import { maosAlertRoutes } from "./routes/maos-alerts.ts";
import { metricRoutes } from "./routes/metrics.ts";
import { onCallRoutes } from "./routes/oncall.ts";
import { prometheusRoutes } from "./routes/prometheus/index.ts";
import { operationRoutes, PROBE_PATHS, probeRoutes } from "./routes/probes.ts";
import { receiverRoutes } from "./routes/receivers.ts";
import { routeExplainRoutes } from "./routes/route-explain.ts";
import { slackActionRoutes } from "./routes/slack-actions.ts";
import { serviceRoutes } from "./routes/services.ts";

/** Answers smaller than this are not worth compressing. */
const COMPRESS_FROM_BYTES = 4096;
const REQUEST_TIMEOUT_MS = 30_000;
/** Clients whose requests are counted for the rate limit. */
const RATE_LIMIT_CLIENTS = 10_000;
/** How long a browser may remember what another origin may do. */
const PREFLIGHT_SECONDS = 600;
/** An orchestrator must not lose sight of the server because a client beside it asks too often. */
const PROBES: ReadonlySet<string> = new Set(PROBE_PATHS);

/** What a browser may do with our pages: only what comes from here. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'self'; base-uri 'self'; form-action 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** OpenAPI has no parameter without a name, so what a route's `*` stands for becomes one that is called `rest`. */
const describeRoute: typeof jsonSchemaTransform = (document) => {
  const { schema, url } = jsonSchemaTransform(document);
  return { schema, url: url.replace("*", ":rest") };
};

function documentApi(app: App, version: string): void {
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Fleetlight",
        version,
        description: "Observes and operates a fleet of AI agents and the services under it.",
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      // Without tokens in the configuration nothing is asked for.
      security: [{}, { token: [] }],
    },
    transform: describeRoute,
  });
}

/** What the HTTP application counts; made once, however many ports there are. */
export const createHttpInstruments = (registry: Registry) => ({
  rateLimited: registry.counter({
    name: "fleetlight_http_requests_rate_limited_total",
    help: "Requests that were refused because a client asked too often.",
  }),
});
type HttpInstruments = ReturnType<typeof createHttpInstruments>;

function limitRates(app: App, doors: Doors, { rateLimited }: HttpInstruments): void {
  const limit = () => doors.config().server.rate_limit.requests_per_minute;
  void app.register(rateLimit, {
    // As a hook of its own it also counts requests that no route answers, or that are refused.
    global: false,
    max: limit,
    timeWindow: 60_000,
    cache: RATE_LIMIT_CLIENTS,
    allowList: (request) =>
      limit() === 0 ||
      request.routeOptions.config.isIngest === true ||
      PROBES.has(request.routeOptions.url ?? "") ||
      isOwn(request.raw),
    onExceeded: () => rateLimited.inc(),
    errorResponseBuilder: (_request, { max, after }) =>
      new FleetlightError(
        "rate_limited",
        429,
        `too many requests: at most ${max} a minute; try again in ${after}`,
      ),
  });
  app.after(() => {
    app.addHook("onRequest", app.rateLimit());
  });
}

function allowOrigins(app: App, doors: Doors): void {
  void app.register(cors, {
    origin: (origin, done) => {
      const { origins } = doors.config().server.cors;
      done(null, origin !== undefined && (origins.includes("*") || origins.includes(origin)));
    },
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    exposedHeaders: ["Retry-After"],
    maxAge: PREFLIGHT_SECONDS,
  });
}

/** No route has this path. */
const OUTSIDE = "/-/outside-of-the-prefix";

/** What routes see of a path: the part behind the prefix. */
function behindPrefix(path: string, prefix: string): string {
  if (prefix === "") return path;
  if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
  const [bare = "", query] = path.split("?", 2);
  if (bare !== prefix) return OUTSIDE;
  return query === undefined ? "/" : `/?${query}`;
}

/** A server that listens already and holds requests until somebody answers them. */
export interface FrontDoor {
  server: Server;
  /** From now on requests are answered, the held ones first. */
  attach(handler: RequestListener): void;
}

/** Puts the application behind a server that was there before it. */
const behindDoor = ({ server }: FrontDoor, onHandler: (handler: RequestListener) => void) => ({
  serverFactory: (handler: RequestListener, options: { keepAliveTimeout?: number }): Server => {
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.keepAliveTimeout = options.keepAliveTimeout ?? server.keepAliveTimeout;
    onHandler(handler);
    return server;
  },
});

/** Every resource in the order in which they are registered. */
const ROUTES: readonly ((app: App, doors: Doors) => void)[] = [
  probeRoutes,
  operationRoutes,
  serviceRoutes,
  ruleRoutes,
  alertRoutes,
  metricRoutes,
  ingestRoutes,
  prometheusRoutes,
  alertmanagerRoutes,
  slackActionRoutes,
  routeExplainRoutes,
  receiverRoutes,
  incidentRoutes,
  maintenanceRoutes,
  onCallRoutes,
  maosAlertRoutes,
  priceRoutes,
  logRoutes,
  traceRoutes,
  agentRoutes,
  budgetRoutes,
  coordinationRoutes,
  jaegerRoutes,
  fleetRoutes,
  dashboardRoutes,
  consoleRoutes,
];

interface HttpOptions {
  /** A door that listens already, and what takes the handler of its requests. */
  front?: { door: FrontDoor; onHandler: (handler: RequestListener) => void };
  /** Only the paths of OTLP, at the root. */
  only?: "otlp";
}

/**
 * The HTTP application, not yet listening.
 * @throws FleetlightError when the certificate is not usable.
 */
export function createHttp(
  doors: Doors,
  instruments: HttpInstruments,
  { front, only }: HttpOptions = {},
): App {
  const config = doors.config();
  const { tls } = config.server;
  const prefix = only ? "" : (config.server.route_prefix ?? "").replace(/\/+$/, "");
  const options = {
    rewriteUrl: ({ url = "/" }: { url?: string | undefined }) => behindPrefix(url, prefix),
    loggerInstance: doors.logger.child({}, { level: "warn" }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.server.body_limit_bytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true as const,
    frameworkErrors: answerUnreadable,
    clientErrorHandler: answerMalformed,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
  };
  const app = (tls === undefined
    ? fastify({ ...options, ...(front && behindDoor(front.door, front.onHandler)) })
    : fastify({
        ...options,
        https: readTls(tls),
      })) as unknown as App;
  app.setValidatorCompiler(validatorCompiler);
  // Our own answers are not validated a second time; the schemas document them.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  acceptBodies(app);
  handleErrors(app);
  app.addHook("onRequest", (_request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    done();
  });
  documentApi(app, doors.version);
  // In this order: a page learns why it was refused, and guessing tokens is limited as well.
  allowOrigins(app, doors);
  limitRates(app, doors, instruments);
  app.after(() => guardRoutes(app, doors.config));
  void app.register(compress, { threshold: COMPRESS_FROM_BYTES, encodings: ["gzip", "identity"] });
  void app.register(async (scope) => {
    const routes = scope as unknown as App;
    for (const add of only === "otlp" ? [otlpOnlyRoutes] : ROUTES) add(routes, doors);
    if (only === undefined) referenceRoutes(routes);
  });
  return app;
}
