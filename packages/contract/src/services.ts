import { z } from "zod";

import { Labels, Timestamp } from "./common.ts";

/** Ids appear in URLs, labels and file names. */
export const ServiceId = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._:-]*$/,
    "an id is letters, digits and . _ : - and starts with a letter or digit",
  );

const HttpUrl = z
  .string()
  .max(2048)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "an http:// or https:// URL",
  );

const Path = z
  .string()
  .max(1024)
  .regex(/^(\/|https?:\/\/)/, "a path that starts with / or a full URL");

/** How a service is probed. Anything left out comes from the configuration's `monitoring` and `checks` sections. */
export const HealthCheckOptions = z.strictObject({
  /** `http` asks `health_endpoint`; `heartbeat` only expects heartbeats (push-only services); `none` is never checked. */
  mode: z.enum(["http", "heartbeat", "none"]).optional(),
  interval_seconds: z.number().min(0.1).max(86_400).optional(),
  timeout_seconds: z.number().min(0.05).max(600).optional(),
  /** Consecutive failures before a service counts as unhealthy. */
  failure_threshold: z.int().min(1).max(100).optional(),
  /** Consecutive successes before an unhealthy service counts as healthy again. */
  success_threshold: z.int().min(1).max(100).optional(),
  /** Status codes that count as healthy; any 2xx when left out. */
  expected_status: z.array(z.int().min(100).max(599)).min(1).max(50).optional(),
  /** Text that the first 64 KiB of the body must contain. */
  body_contains: z.string().min(1).max(1024).optional(),
});
export type HealthCheckOptions = z.infer<typeof HealthCheckOptions>;

export const ScrapeOptions = z.strictObject({
  enabled: z.boolean().optional(),
  interval_seconds: z.number().min(0.1).max(86_400).optional(),
  timeout_seconds: z.number().min(0.05).max(600).optional(),
  honor_labels: z.boolean().optional(),
});
export type ScrapeOptions = z.infer<typeof ScrapeOptions>;

/** Body of `POST /api/v1/services/register`, and one entry of the configuration's `services`. */
export const ServiceRegistration = z.object({
  id: ServiceId,
  name: z.string().min(1).max(256),
  type: z.string().min(1).max(64).default("custom"),
  url: HttpUrl,
  health_endpoint: Path.default("/health"),
  metrics_endpoint: Path.default("/metrics"),
  /** Ids of services without which this one does not work; the label `depends_on: a,b` says the same. */
  dependencies: z.array(ServiceId).max(64).optional(),
  labels: Labels.default({}),
  check: HealthCheckOptions.optional(),
  scrape: ScrapeOptions.optional(),
});
export type ServiceRegistration = z.infer<typeof ServiceRegistration>;

/** `unknown`: not checked yet. `degraded`: the service answers but says itself that it is degraded. */
export const ServiceStatus = z.enum(["unknown", "healthy", "degraded", "unhealthy"]);
export type ServiceStatus = z.infer<typeof ServiceStatus>;

/** Result of one probe. */
export const CheckResult = z.object({
  at: Timestamp,
  healthy: z.boolean(),
  /** Seconds from the request's start to the end of the body. */
  response_time: z.number(),
  /** HTTP status; null when no answer came. */
  status_code: z.int().nullable(),
  /** Why the probe failed, in words a person understands; null when it did not. */
  error: z.string().nullable(),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** Result of one scrape. */
export const ScrapeResult = z.object({
  at: Timestamp,
  up: z.boolean(),
  duration_seconds: z.number(),
  samples: z.int(),
  error: z.string().nullable(),
});
export type ScrapeResult = z.infer<typeof ScrapeResult>;

/** `telemetry`: it sends spans, log lines or metrics, and nobody registered it. */
export const ServiceOrigin = z.enum(["api", "config", "file", "telemetry"]);
export type ServiceOrigin = z.infer<typeof ServiceOrigin>;

export const Service = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string(),
  health_endpoint: z.string(),
  metrics_endpoint: z.string(),
  labels: Labels,
  dependencies: z.array(z.string()).optional(),
  check: HealthCheckOptions,
  scrape: ScrapeOptions,
  origin: ServiceOrigin,
  status: ServiceStatus,
  registered_at: Timestamp,
  updated_at: Timestamp,
  /** When `status` last changed. */
  status_since: Timestamp,
  last_heartbeat: Timestamp.nullable(),
  last_check: CheckResult.nullable(),
  last_scrape: ScrapeResult.nullable(),
});
export type Service = z.infer<typeof Service>;

export const ServiceList = z.object({ services: z.array(Service), count: z.int() });
export type ServiceList = z.infer<typeof ServiceList>;

/** Answer to a registration; `status` is `registered` for a new id and `updated` for a known one. */
export const RegisterAnswer = z.object({
  status: z.enum(["registered", "updated"]),
  service_id: z.string(),
  service: Service,
});
export type RegisterAnswer = z.infer<typeof RegisterAnswer>;
