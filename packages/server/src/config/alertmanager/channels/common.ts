import { z } from "zod";

import { duration } from "../../fields.ts";

/** What every integration of a receiver may say besides what is its own; all but `send_resolved` are Fleetlight's. */
export const commonKeys = (sendResolved: boolean) => ({
  send_resolved: z
    .boolean()
    .default(sendResolved)
    .describe("Whether the end of alerts is told as well."),
  severities: z
    .array(z.string().min(1).max(64))
    .max(16)
    .optional()
    .describe("Only alerts whose `severity` is one of these; every alert when left out."),
  rate_limit_per_minute: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("Most messages in a minute; further ones wait their turn."),
  max_attempts: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe("Attempts before a notification is given up; 0 tries until `max_age`."),
  max_age: duration({ min: "1s" })
    .prefault("24h")
    .describe("Age at which an undelivered notification is given up."),
  // Not `fallback`: that is a text of Slack's in upstream's format.
  fallback_receiver: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      "Receiver that is told instead when a notification is given up or the channel is dead.",
    ),
});
