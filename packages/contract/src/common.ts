import { z } from "zod";

/** A time as ISO 8601 in UTC, e.g. `2026-11-21T07:00:00.000Z`. */
export const Timestamp = z.iso.datetime();

/** Prometheus labels without `__name__`; names follow `[a-zA-Z_][a-zA-Z0-9_]*`. */
export const Labels = z
  .record(
    z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "a label name is letters, digits and _"),
    z.string().max(4096),
  )
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels");
export type Labels = z.infer<typeof Labels>;

/** Severities of every vocabulary that Fleetlight accepts; see docs/alerting.md for how they map. */
export const Severity = z.enum(["critical", "high", "error", "warning", "medium", "low", "info"]);
export type Severity = z.infer<typeof Severity>;

/** What every failed request answers; `code` is stable and listed in docs/errors.md. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
