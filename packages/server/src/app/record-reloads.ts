import { randomUUID } from "node:crypto";

import type { ConfigManager } from "#config";
import { DEFAULT_TENANT, describeError, type Logger } from "#lib";
import type { EventStore } from "#store";

/** Writes an event about each reload, so that a change of behaviour can be found next to what changed. */
export const recordReloads = (
  manager: ConfigManager,
  events: EventStore,
  logger: Logger,
): (() => void) =>
  manager.onReload((result) => {
    const event = result.ok
      ? { type: "config.reloaded", attributes: { changed: result.changed.join(", ") } }
      : { type: "config.rejected", attributes: { error: result.error.message } };
    events
      .append(DEFAULT_TENANT, [{ id: randomUUID(), timeMs: Date.now(), service: "", ...event }])
      .catch((error: unknown) =>
        logger.warn({ error: describeError(error) }, "a reload was not recorded"),
      );
  });
