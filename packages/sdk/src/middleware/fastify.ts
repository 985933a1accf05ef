import type { IncomingMessage, ServerResponse } from "node:http";

import type { Monitoring } from "../monitoring/index.ts";
import type { Carrier } from "../tracing/index.ts";
import { runEventsIn } from "./express.ts";
import { beginRequest, CLIENT_CLOSED, UNMATCHED } from "./request.ts";
import type { Answering, MiddlewareOptions } from "./request.ts";

type Request = {
  raw: IncomingMessage;
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  routeOptions?: { url?: string | undefined };
};
type Reply = {
  raw: ServerResponse;
  statusCode: number;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: string): unknown;
};
type Done = () => void;

/** As much of a Fastify (4 or 5) as is used here. */
type Instance = {
  addHook(name: "onRequest", hook: (request: Request, reply: Reply, done: Done) => void): unknown;
  addHook(name: "preHandler", hook: (request: Request, reply: Reply, done: Done) => void): unknown;
  addHook(
    name: "onError",
    hook: (request: Request, reply: Reply, error: Error, done: Done) => void,
  ): unknown;
  get(path: string, handler: (request: Request, reply: Reply) => Promise<unknown>): unknown;
};

type Plugin = (instance: unknown, options: unknown, done: Done) => void;

const PAGES = [
  "/metrics",
  "/health",
  "/health/live",
  "/health/ready",
  "/health/components/:name",
  "/health/dependencies/:name",
];

const pathOf = (url: string): string => url.split("?", 1)[0] ?? "/";

/** A plugin for Fastify: `await app.register(fastifyMonitoring(monitoring))`, before the routes. */
export function fastifyMonitoring(monitoring: Monitoring, options: MiddlewareOptions = {}): Plugin {
  const plugin = (given: unknown, _options: unknown, done: Done): void => {
    const app = given as Instance;
    const running = new WeakMap<IncomingMessage, { answering: Answering; error?: unknown }>();
    app.addHook("onRequest", (request, reply, next) => {
      const { method, url, headers, raw } = request;
      const arrived = { method, path: pathOf(url), headers: headers as Carrier };
      const answering = beginRequest(monitoring, arrived, options);
      const one: { answering: Answering; error?: unknown } = { answering };
      running.set(raw, one);
      reply.raw.once("close", () => {
        const status = reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_CLOSED;
        const { error } = one;
        const route = request.routeOptions?.url ?? UNMATCHED;
        answering.end(status < 500 ? { route, status } : { route, status, error });
      });
      runEventsIn(monitoring, answering.context, raw);
      monitoring.runIn(answering.context, next);
    });
    // A body that was waited for may have been read outside of the context.
    app.addHook("preHandler", (request, _reply, next) => {
      const one = running.get(request.raw);
      if (one === undefined) next();
      else monitoring.runIn(one.answering.context, next);
    });
    app.addHook("onError", (request, _reply, error, next) => {
      const one = running.get(request.raw);
      if (one !== undefined) one.error = error;
      next();
    });
    if (options.pages !== false) for (const path of PAGES) addPage(app, path, monitoring);
    done();
  };
  // What Fastify asks of plugins whose hooks are for the whole application.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}

function addPage(app: Instance, path: string, monitoring: Monitoring): void {
  app.get(path, async ({ method, url, headers }, reply) => {
    const page = await monitoring.pages.answer(method, pathOf(url), headers);
    if (page === null) return reply.code(404).send("");
    return reply.code(page.status).header("content-type", page.contentType).send(page.body);
  });
}
