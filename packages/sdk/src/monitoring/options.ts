import type { ClientOptions } from "../client/index.ts";
import type { CollectorOptions } from "../collector/index.ts";
import type { Attributes } from "../tracing/index.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import type { ComponentCheck } from "./components.ts";
import type { Dependency } from "./dependencies.ts";

export type ServiceOptions = {
  /** Shown in the console, and `service.name` of spans. */
  name: string;
  /** The name, with what an id may not hold replaced by `-`, when left out. */
  id?: string;
  /** `agent` when left out. */
  type?: string;
  /** Where its `/health` and `/metrics` answer; without it the service is known by its heartbeats only. */
  url?: string;
  version?: string;
  labels?: Record<string, string>;
};

export type MonitoringOptions = ClientOptions & {
  /** Its name, or more. */
  service: string | ServiceOptions;
  /** False records and sends nothing; everything else works as always. */
  enabled?: boolean;
  /** Registers the service and sends heartbeats; true when left out. */
  register?: boolean;
  heartbeatIntervalMs?: number;
  /** Attributes of the resource, beside the service's name and id. */
  resource?: Attributes;
  /** Of the collector: prefix, names, buckets, … */
  metrics?: Omit<CollectorOptions, "service">;
  /** Sends the metrics every so many milliseconds, for a process that nobody can scrape; not at all when left out. */
  pushIntervalMs?: number;
  /** Asked for as a bearer token at `/metrics`. */
  metricsToken?: string;
  tracing?: {
    /** Share of new traces that is recorded, 0 to 1. */
    sampleRatio?: number;
    /** Ended spans that wait; 8,192 when left out. */
    maxQueuedSpans?: number;
    /** Bytes of these; 16 MiB when left out. */
    maxQueuedBytes?: number;
    maxOpenSpans?: number;
    maxBatchSpans?: number;
    /** Milliseconds between deliveries; 500 when left out. */
    flushIntervalMs?: number;
    /** Milliseconds between signs of life of a span that goes on; 10,000 when left out. */
    heartbeatIntervalMs?: number;
    /** Milliseconds for which delivery of a batch is tried; 120,000 when left out. */
    maxRetryMs?: number;
  };
  checkpoints?: CheckpointOptions;
  /** Looked at in the background, and told of at `/health`. */
  components?: Readonly<Record<string, ComponentCheck>>;
  /** What the process needs from elsewhere, by name: looked at as components are. */
  dependencies?: Readonly<Record<string, Dependency>>;
  /** Milliseconds between two looks; 30,000 when left out. */
  componentsIntervalMs?: number;
  componentsTimeoutMs?: number;
  /** Longest time for which the end of the process is held up to send what is left; 2,000 when left out. */
  exitTimeoutMs?: number;
  /**
   * Signals, e.g. `["SIGTERM"]`, upon which `shutdown` runs before they end the process; none when left out. Where others
   * listen to the signal the end is theirs.
   */
  exitSignals?: readonly NodeJS.Signals[];
  /** Told of what fails in the background. */
  onError?: (error: Error) => void;
};

export type Service = Required<Pick<ServiceOptions, "id" | "name" | "type" | "labels">> & {
  url: string | undefined;
  version: string | undefined;
};

/** Ids appear in URLs: what the server would refuse is replaced. */
const idOf = (name: string): string =>
  name
    .replace(/[^a-zA-Z0-9._:-]+/g, "-")
    .replace(/^[^a-zA-Z0-9]+/, "")
    .slice(0, 128) || "service";

export function serviceOf(given: string | ServiceOptions): Service {
  const options = typeof given === "string" ? { name: given } : given;
  return {
    id: options.id ?? idOf(options.name),
    name: options.name,
    type: options.type ?? "agent",
    url: options.url,
    version: options.version,
    labels: options.labels ?? {},
  };
}
