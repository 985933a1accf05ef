import type { IncomingHttpHeaders } from "node:http";

import type { FastifyRequest } from "fastify";

import type { Config } from "#config";
import { FleetlightError } from "#lib";

import type { App } from "./app-type.ts";
import { authorize, type Scope } from "./auth.ts";
import { isOwn } from "./own-requests.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use a route: `open` is everybody; by its method when left out. */
    access?: "open" | Scope;
    /** Takes samples: `limits.samples_per_second` counts here, not `server.rate_limit`. */
    isIngest?: boolean;
  }
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request may come from the page that sent it. Programs send no `Origin`; a page of another site must not
 * use this browser's way to a server that listens on loopback only, unless `server.cors.origins` lets it.
 */
export function isOriginAllowed(config: Config, headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const { origins } = config.server.cors;
  if (origins.includes("*") || origins.includes(origin)) return true;
  return URL.parse(origin)?.host === host;
}

export const foreignOrigin = (): FleetlightError =>
  new FleetlightError(
    "forbidden",
    403,
    "pages of this origin may not do this; `server.cors.origins` would have to name it",
  );

/** @throws FleetlightError `unauthorized`, or `forbidden`. */
function check(config: Config, request: FastifyRequest): void {
  // What was matched decides, never the path as it was sent: one path can be written in many ways.
  const { access } = request.routeOptions.config;
  const isSafe = SAFE_METHODS.has(request.method);
  if (!isSafe && !isOriginAllowed(config, request.headers)) throw foreignOrigin();
  if (access === "open" || isOwn(request.raw)) return;
  authorize(config, request.raw, access ?? (isSafe ? "read" : "write"));
}

/** Refuses requests that lack the scope that their route needs, before their body is read. */
export function guardRoutes(app: App, config: () => Config): void {
  app.addHook("onRequest", (request, _reply, done) => {
    try {
      check(config(), request);
    } catch (error) {
      return done(error as Error);
    }
    done();
  });
}
