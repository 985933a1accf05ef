import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMemoryTelemetry, createTelemetryStore, type TelemetryOptions } from "./store.ts";
import type { TelemetryStore } from "./types.ts";

const DAY_MS = 86_400_000;

/** Options of a store that inserts only when it is told to, keeps a day, and fails where others warn. */
export const quietOptions = (
  nowMs: number,
  retention: { tracesMs?: number; contentsMs?: number; logsMs?: number } = {},
): TelemetryOptions => ({
  flushIntervalMs: 60_000,
  flushRows: 100_000,
  maxPendingRows: 200_000,
  headMaxBytes: 16 << 20,
  headWindowMs: 2 * 3_600_000,
  maxSeries: 10_000,
  retention: () => ({
    metricsMs: DAY_MS,
    eventsMs: DAY_MS,
    tracesMs: DAY_MS,
    logsMs: DAY_MS,
    ...retention,
    maxBytes: undefined,
  }),
  now: () => nowMs,
  onError: (message) => {
    throw new Error(message);
  },
});

/** Opens stores for a test, one at a time; the one in chDB has its data where the one before it had, until all is removed. */
export class TestStores {
  private readonly options: TelemetryOptions;
  private store: TelemetryStore | undefined;
  private dataDir: string | undefined;

  constructor(options: TelemetryOptions) {
    this.options = options;
  }

  async open(kind: "memory" | "chdb"): Promise<TelemetryStore> {
    if (kind === "memory") return (this.store = await createMemoryTelemetry(this.options));
    this.dataDir ??= await mkdtemp(join(tmpdir(), "fleetlight-store-"));
    return (this.store = await createTelemetryStore({ dataDir: this.dataDir }, this.options));
  }

  /** Closes what is open and removes its data. */
  async remove(): Promise<void> {
    await this.store?.close();
    this.store = undefined;
    if (this.dataDir !== undefined) await rm(this.dataDir, { recursive: true, force: true });
    this.dataDir = undefined;
  }
}
