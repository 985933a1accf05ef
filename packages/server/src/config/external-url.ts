import { hostname } from "node:os";

import type { Config } from "./schema.ts";

/** Where people reach this server, as far as it knows; without a slash at the end. */
export function externalUrl({ server }: Config): string {
  if (server.external_url !== undefined) return server.external_url.replace(/\/+$/, "");
  const isAny = ["0.0.0.0", "::", "[::]"].includes(server.host);
  const host = isAny ? hostname() : server.host;
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${server.tls ? "https" : "http"}://${shown}:${server.port}`;
}
