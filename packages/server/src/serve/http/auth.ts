import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import type { Config } from "#config";
import { FleetlightError } from "#lib";

export type Scope = "read" | "write" | "admin";

/** `admin` may everything, `write` also reads. */
const GRANTS: Record<Scope, readonly Scope[]> = {
  read: ["read"],
  write: ["read", "write"],
  admin: ["read", "write", "admin"],
};

/** What may carry a token: an HTTP request, or a call over gRPC. */
export interface Credentials {
  headers: Pick<IncomingHttpHeaders, "authorization">;
  url?: string | undefined;
}

const bearer = (request: Credentials): string | undefined => {
  const header = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (header !== undefined) return header;
  // A browser cannot send headers with a WebSocket; the logger never prints queries.
  const [path, query] = (request.url ?? "/").split("?", 2);
  if (path !== "/ws") return undefined;
  return new URLSearchParams(query).get("access_token") ?? undefined;
};

const sameHash = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a, "hex"), Buffer.from(b, "hex")];
  return left.length === right.length && timingSafeEqual(left, right);
};

/**
 * Lets a request pass when no tokens are configured, or when it carries one whose scopes allow what it asks for.
 * @throws FleetlightError `unauthorized` (401) or `forbidden` (403).
 */
export function authorize(config: Config, request: Credentials, needed: Scope): void {
  const { tokens, mode } = config.auth;
  if (mode === "none" || tokens.length === 0) return;
  const token = bearer(request);
  if (token === undefined)
    throw new FleetlightError("unauthorized", 401, "send a token: `Authorization: Bearer <token>`");
  const hash = createHash("sha256").update(token).digest("hex");
  const found = tokens.find((one) => sameHash(one.token_sha256, hash));
  if (found === undefined) throw new FleetlightError("unauthorized", 401, "the token is not known");
  if (!found.scopes.some((scope) => GRANTS[scope].includes(needed)))
    throw new FleetlightError(
      "forbidden",
      403,
      `the token ${JSON.stringify(found.name)} may not ${needed}`,
    );
}

/** The name of the token that a request carries, for the record of who did what; undefined without one. */
export function tokenNameOf(config: Config, request: Credentials): string | undefined {
  const token = bearer(request);
  if (token === undefined) return undefined;
  const hash = createHash("sha256").update(token).digest("hex");
  return config.auth.tokens.find((one) => sameHash(one.token_sha256, hash))?.name;
}
