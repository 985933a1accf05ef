import { z } from "zod";

import { bytes, duration } from "./fields.ts";

const MIB = 1024 ** 2;

/** `query`: what one PromQL query, and all of them together, may cost. */
export const query = z
  .strictObject({
    max_concurrency: z
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .describe("Queries that are evaluated at once; further ones wait."),
    max_queue: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(1000)
      .describe("Queries that wait at most; further ones are told to come again later."),
    timeout: duration({ min: "10ms", max: "1d" })
      .prefault("2m")
      .describe("How long a query may take, waiting included."),
    max_samples: z
      .int()
      .min(1)
      .max(10_000_000_000)
      .default(50_000_000)
      .describe("Samples that one query may hold in memory."),
    lookback_delta: duration({ min: "1ms", max: "400d" })
      .prefault("5m")
      .describe("Age up to which a sample counts as a series' current value."),
    cache_max_bytes: bytes()
      .prefault(64 * MIB)
      .describe("Memory for answers of range queries that are kept and extended; 0 keeps none."),
    cache_fresh_window: duration({ min: "0s", max: "30d" })
      .prefault("10m")
      .describe(
        "With `storage.telemetry_url`: the newest part of a range query's answer, which is evaluated anew because other servers may have written.",
      ),
    max_series_answer: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe("Series that an answer of `/api/v1/series` or `/federate` holds at most."),
  })
  .prefault({})
  .describe("What one PromQL query, and all of them together, may cost.");
