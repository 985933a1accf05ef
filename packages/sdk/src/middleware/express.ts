import type { IncomingMessage, ServerResponse } from "node:http";

import type { Monitoring } from "../monitoring/index.ts";
import type { Carrier, Context } from "../tracing/index.ts";
import { beginRequest, CLIENT_CLOSED, UNMATCHED } from "./request.ts";
import type { MiddlewareOptions } from "./request.ts";

/** As much of an Express request (4 or 5) as is used here; a request of node:http is one, too. */
type Request = IncomingMessage & {
  originalUrl?: string;
  baseUrl?: string;
  route?: { path?: unknown };
};

type Next = (error?: unknown) => void;

/**
 * Data of a request arrives in the context of its connection: what listens to it, such as a reader of bodies, would go on
 * outside of the trace.
 */
export function runEventsIn(monitoring: Monitoring, context: Context, raw: IncomingMessage): void {
  const emit = raw.emit.bind(raw) as (...args: unknown[]) => boolean;
  raw.emit = ((...args: unknown[]) =>
    monitoring.runIn(context, () => emit(...args))) as typeof raw.emit;
}

function routeOf(request: Request): string {
  const path = request.route?.path;
  if (path === undefined) return UNMATCHED;
  return `${request.baseUrl ?? ""}${String(path)}`;
}

/** A middleware for Express and its relatives: `app.use(expressMonitoring(monitoring))`, before all others. */
export function expressMonitoring(
  monitoring: Monitoring,
  options: MiddlewareOptions = {},
): (request: IncomingMessage, response: ServerResponse, next: Next) => void {
  return (request: Request, response, next) => {
    const method = request.method ?? "GET";
    const [path = "/"] = (request.originalUrl ?? request.url ?? "/").split("?", 1);
    const headers = request.headers as Carrier;
    const answering = beginRequest(monitoring, { method, path, headers }, options);
    let page = false;
    response.once("close", () => {
      const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED;
      answering.end({ route: page ? path : routeOf(request), status });
    });
    runEventsIn(monitoring, answering.context, request);
    const goOn = (): void => monitoring.runIn(answering.context, () => next());
    if (options.pages === false || !/^\/(metrics|health)(\/|$)/.test(path)) return goOn();
    void monitoring.pages.answer(method, path, request.headers).then((found) => {
      if (found === null) return goOn();
      page = true;
      response.writeHead(found.status, { "content-type": found.contentType });
      response.end(method === "HEAD" ? undefined : found.body);
    }, goOn);
  };
}
