import type { Monitoring, Operation } from "../monitoring/index.ts";
import type { Attributes, Carrier, Context } from "../tracing/index.ts";

/** A request as every framework can tell it. */
export type Arrived = { method: string; path: string; headers: Carrier };

export type MiddlewareOptions = {
  /** Answers `/metrics`, `/health` and what is below it; true when left out. */
  pages?: boolean;
  /** Paths without spans, by their beginning; `/metrics` and `/health` when left out. They are counted all the same. */
  untraced?: readonly string[];
};

const UNTRACED = ["/metrics", "/health"];
/** Paths are the client's text. */
const MAX_PATH_CHARACTERS = 1024;

/** One request that is being answered. */
export type Answering = {
  readonly context: Context;
  /** Told once, when the answer is out or the client has gone; `route` is the pattern rather than the path. */
  end(result: { route: string; status: number; error?: unknown }): void;
};

/** Begins the span of a request in the trace that its headers bring, and counts it when it is over. Never throws. */
export function beginRequest(
  monitoring: Monitoring,
  arrived: Arrived,
  { untraced = UNTRACED }: MiddlewareOptions,
): Answering {
  const startMs = performance.now();
  const { method, path } = arrived;
  const context = monitoring.contextOf(arrived.headers);
  const traced = !untraced.some((one) => path === one || path.startsWith(`${one}/`));
  const attributes: Attributes = {
    "http.request.method": method,
    "url.path": path.slice(0, MAX_PATH_CHARACTERS),
  };
  const operation = traced ? monitoring.startRequest(method, context, attributes) : null;
  let over = false;
  return {
    context: operation?.context ?? context,
    end({ route, status, error }) {
      if (over) return;
      over = true;
      const durationSeconds = (performance.now() - startMs) / 1000;
      monitoring.collector.recordRequest({ method, endpoint: route, status, durationSeconds });
      if (operation !== null) endSpan(operation, `${method} ${route}`, { route, status, error });
    },
  };
}

function endSpan(
  operation: Operation,
  name: string,
  { route, status, error }: { route: string; status: number; error?: unknown },
): void {
  operation.rename(name);
  operation.set("http.route", route).set("http.response.status_code", status);
  if (error !== undefined) operation.fail(error);
  else if (status >= 500) operation.failWith(String(status));
  operation.end();
}

/** Requests that no route takes are one series together, or a scanner would make thousands. */
export const UNMATCHED = "unmatched";

/** Status that is recorded when the client went away before the answer. */
export const CLIENT_CLOSED = 499;
