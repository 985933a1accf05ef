import type { TracingStats } from "../tracing/index.ts";

/** What the SDK did and could not do; everything but `queued` and `open` only grows. */
export type MonitoringStats = {
  spans: TracingStats & { maxQueued: number };
  work: {
    /** Workflows, tasks and conflicts that go on. */
    open: number;
    not_remembered: number;
    unknown_ids: number;
    /** Mistakes of the SDK, or of what it was given; the host never sees them. */
    errors: number;
  };
  metrics: { pushed: number; pushesFailed: number; warnings: readonly string[] };
  checkpoints: { unanswered: number };
  /** Whether the server knows the service; null when it is not to be registered. */
  registered: boolean | null;
};
