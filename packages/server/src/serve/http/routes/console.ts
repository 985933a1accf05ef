import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import fastifyStatic from "@fastify/static";
import type { FastifyReply } from "fastify";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";

const CONSOLE = fileURLToPath(new URL("../../../../../web/dist", import.meta.url));
const REFERENCE = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const REFERENCE_FILES = new Set(["swagger-ui-bundle.js", "swagger-ui.css"]);

const NOT_BUILT =
  "The console is not built. Run `npm run build` in the repository, then load this page again.\n";

const REFERENCE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fleetlight API reference</title>
<link rel="stylesheet" href="/docs/api/assets/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/api/assets/swagger-ui-bundle.js"></script>
<script src="/docs/api/start.js"></script>
</body>
</html>
`;

/** The console keeps its token under this key. */
const REFERENCE_START = `const token = localStorage.getItem("fleetlight-token");
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  requestInterceptor: (request) => {
    if (token !== null) request.headers.Authorization ??= "Bearer " + token;
    return request;
  },
});
`;

/** Pages and files hold no data; what they show they ask the API for. */
const PAGE = { config: { access: "open" }, schema: { hide: true } } as const;

/** OpenAPI at /openapi.json and a page to read it at /docs/api; nothing is loaded from elsewhere. */
export function referenceRoutes(app: App): void {
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get("/docs/api", PAGE, (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(REFERENCE_PAGE),
  );
  app.get("/docs/api/start.js", PAGE, (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(REFERENCE_START),
  );
  app.get<{ Params: { file: string } }>("/docs/api/assets/:file", PAGE, (request, reply) =>
    REFERENCE_FILES.has(request.params.file)
      ? reply.sendFile(request.params.file, REFERENCE)
      : reply.callNotFound(),
  );
}

/** The built console: files under /assets for ever, and its page on every path of /dashboard. */
export function consoleRoutes(app: App, doors: Doors): void {
  const built = existsSync(join(CONSOLE, "index.html"));
  if (!built) doors.logger.warn("the console is not built: run `npm run build`");
  // Only for `sendFile`: its own route could not be marked as open.
  void app.register(fastifyStatic, { root: CONSOLE, serve: false });
  app.get<{ Params: { "*": string } }>("/assets/*", PAGE, (request, reply) =>
    reply.sendFile(request.params["*"], join(CONSOLE, "assets"), {
      immutable: true,
      maxAge: "365d",
    }),
  );
  app.get("/", PAGE, (request, reply) => {
    if (request.headers.accept?.includes("text/html")) return reply.redirect("/dashboard");
    return {
      service: "fleetlight",
      version: doors.version,
      status: "running",
      endpoints: {
        dashboard: "/dashboard",
        api: "/api/v1",
        health: "/health",
        metrics: "/metrics",
        reference: "/docs/api",
      },
    };
  });
  const page = (_request: unknown, reply: FastifyReply) =>
    built
      ? reply
          .header("cache-control", "no-cache")
          .sendFile("index.html", CONSOLE, { cacheControl: false })
      : reply.code(503).type("text/plain; charset=utf-8").send(NOT_BUILT);
  app.get("/dashboard", PAGE, page);
  app.get("/dashboard/*", PAGE, page);
  for (const file of ["favicon.svg", "theme.js"])
    app.get(`/${file}`, PAGE, (_request, reply) => reply.sendFile(file, CONSOLE));
}
