import type { IncomingHttpHeaders } from "node:http";

import { badRequest, DEFAULT_TENANT } from "#lib";

/** Tenant ids as Mimir and Loki allow them: no slash, and neither `.` nor `..`. */
const TENANT = /^(?!\.{1,2}$)[a-zA-Z0-9!_.*'()-]{1,150}$/;

/** The tenant that a request is about: header `X-Scope-OrgID`, else the default one. */
export function tenantOf(request: { headers: IncomingHttpHeaders }): string {
  const header = request.headers["x-scope-orgid"];
  if (header === undefined || header === "") return DEFAULT_TENANT;
  if (typeof header !== "string" || !TENANT.test(header))
    throw badRequest(
      "X-Scope-OrgID: a tenant is 1 to 150 letters, digits and !_.*'()-, but not . or ..",
    );
  return header;
}
