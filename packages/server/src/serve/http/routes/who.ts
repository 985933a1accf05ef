import { randomUUID } from "node:crypto";

import type { FastifyRequest } from "fastify";

import { describeError } from "#lib";

import type { Doors } from "../../doors.ts";
import { tokenNameOf } from "../auth.ts";
import { tenantOf } from "../tenant.ts";

/** Whoever says nothing and carries no token. */
const NOBODY = "anonymous";

/** Who makes a request: as they say themselves, else the name of their token. */
export const whoOf = (
  doors: Pick<Doors, "config">,
  request: FastifyRequest,
  by: string | undefined,
): string => by ?? tokenNameOf(doors.config(), request.raw) ?? NOBODY;

interface Change {
  /** `maintenance.created`; the event's type has `audit.` before it. */
  what: string;
  id: string;
  by: string;
  /** Service that it is about. */
  service?: string;
  details?: Record<string, string>;
}

/** Writes an event about a change that somebody made. It is done already, so that a full store does not undo it. */
export async function audit(
  doors: Pick<Doors, "config" | "telemetry" | "now" | "logger">,
  request: FastifyRequest,
  { what, id, by, service = "", details = {} }: Change,
): Promise<void> {
  const token = tokenNameOf(doors.config(), request.raw);
  try {
    await doors.telemetry.events.append(tenantOf(request), [
      {
        id: randomUUID(),
        timeMs: doors.now(),
        type: `audit.${what}`,
        service,
        attributes: { id, by, ...(token === undefined ? {} : { token }), ...details },
      },
    ]);
  } catch (error) {
    doors.logger.warn({ what, id, by, error: describeError(error) }, "a change was not recorded");
  }
}
