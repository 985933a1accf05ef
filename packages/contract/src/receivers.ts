import { z } from "zod";

import { Timestamp } from "./common.ts";

/**
 * Who is told of alerts, and how well that works. Receivers are configured and not made here.
 *
 *     GET   /api/v1/receivers                   receivers with their integrations and the health of these
 *     POST  /api/v1/receivers/{name}/test       sends a sample through every integration, and waits for what comes of it
 *     POST  /api/v1/receivers/{name}/preview    the text that would be sent about a sample, or about an alert
 */
export const ChannelHealth = z.object({
  /** `open`: it failed so often that it is only tried now and then; `half_open`: such an attempt is due. */
  circuit: z.enum(["closed", "open", "half_open"]),
  consecutive_failures: z.int(),
  open_since: Timestamp.nullable(),
  last_success_at: Timestamp.nullable(),
  last_error: z.string().nullable(),
  /** Notifications that wait, and those that are being sent. */
  queued: z.int(),
  in_flight: z.int(),
  oldest_queued_at: Timestamp.nullable(),
});
export type ChannelHealth = z.infer<typeof ChannelHealth>;

/** One way in which a receiver is told. */
export const ReceiverIntegration = z.object({
  /** Kind and place inside of the receiver: `webhook[0]`. */
  name: z.string(),
  kind: z.string(),
  /** Where it goes, without secrets. */
  target: z.string(),
  send_resolved: z.boolean(),
  /** Severities of the alerts that it is told of; null is every one. */
  severities: z.array(z.string()).nullable(),
  rate_limit_per_minute: z.int().nullable(),
  /** 0 is no limit. */
  max_attempts: z.int(),
  max_age_seconds: z.number(),
  fallback_receiver: z.string().nullable(),
  /** Null for a kind of channel that this server does not have. */
  health: ChannelHealth.nullable(),
});
export type ReceiverIntegration = z.infer<typeof ReceiverIntegration>;

export const Receiver = z.object({
  name: z.string(),
  integrations: z.array(ReceiverIntegration),
});
export type Receiver = z.infer<typeof Receiver>;

export const ReceiverList = z.object({ receivers: z.array(Receiver), count: z.int() });
export type ReceiverList = z.infer<typeof ReceiverList>;

export const ReceiverTestResult = z.object({
  integration: z.string(),
  target: z.string(),
  ok: z.boolean(),
  status_code: z.int().nullable(),
  error: z.string().nullable(),
  /** Whether the same message may succeed later. */
  retryable: z.boolean(),
});
export type ReceiverTestResult = z.infer<typeof ReceiverTestResult>;

export const ReceiverTest = z.object({
  receiver: z.string(),
  /** Whether every integration took the sample; true for a receiver without any. */
  ok: z.boolean(),
  results: z.array(ReceiverTestResult),
});
export type ReceiverTest = z.infer<typeof ReceiverTest>;

/** Body of `POST /api/v1/receivers/{name}/preview`; without a fingerprint it is a sample. */
export const ReceiverPreviewInput = z.strictObject({
  fingerprint: z.string().min(1).max(64).optional(),
});
export type ReceiverPreviewInput = z.infer<typeof ReceiverPreviewInput>;

export const ReceiverPreview = z.object({
  receiver: z.string(),
  previews: z.array(
    z.object({
      integration: z.string(),
      /** Empty when there is an error. */
      text: z.string(),
      /** Why there is no text: what is wrong with a template. */
      error: z.string().nullable(),
    }),
  ),
});
export type ReceiverPreview = z.infer<typeof ReceiverPreview>;
