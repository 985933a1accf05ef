import type { Monitoring } from "../monitoring/index.ts";
import { beginRequest, UNMATCHED } from "./request.ts";
import type { MiddlewareOptions } from "./request.ts";

/** As much of Hono's (4) context as is used here. */
type HonoContext = {
  req: {
    method: string;
    path: string;
    raw: { headers: Headers };
    matchedRoutes?: readonly { path: string; method: string }[];
  };
  res: { status: number };
  error?: unknown;
};

/** The pattern that answered: the last one that is no middleware, which Hono keeps as a route of all methods. */
function routeOf({ req, res }: HonoContext): string {
  const handler = req.matchedRoutes?.findLast(({ method }) => method !== "ALL");
  if (handler !== undefined) return handler.path;
  const any = req.matchedRoutes?.findLast(({ path }) => !path.endsWith("*"));
  return any === undefined || res.status === 404 ? UNMATCHED : any.path;
}

/** A middleware for Hono: `app.use(honoMonitoring(monitoring))`, before all others. */
export function honoMonitoring(
  monitoring: Monitoring,
  options: MiddlewareOptions = {},
): (context: unknown, next: () => Promise<void>) => Promise<Response | void> {
  return async (given, next) => {
    const context = given as HonoContext;
    const { method, path, raw } = context.req;
    const { headers } = raw;
    const answering = beginRequest(
      monitoring,
      { method, path, headers: headers as never },
      options,
    );
    if (options.pages !== false) {
      const page = await monitoring.pages.answer(method, path, {
        accept: headers.get("accept") ?? undefined,
        authorization: headers.get("authorization") ?? undefined,
      });
      if (page !== null) {
        answering.end({ route: path, status: page.status });
        const { status, contentType, body } = page;
        return new Response(body, { status, headers: { "content-type": contentType } });
      }
    }
    try {
      await monitoring.runIn(answering.context, next);
    } finally {
      const { error } = context;
      const { status } = context.res;
      const route = routeOf(context);
      answering.end(
        error === undefined || status < 500 ? { route, status } : { route, status, error },
      );
    }
  };
}
