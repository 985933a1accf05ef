import { z } from "zod";

import { Timestamp } from "./common.ts";

/** Prices in USD per million tokens; null where the provider has none of its own. */
const Rates = z.object({
  input: z.number().nullable(),
  /** Read from the provider's cache; the price of input when null. */
  cached_input: z.number().nullable(),
  /** Written into the provider's cache; the price of input when null. */
  cache_write: z.number().nullable(),
  output: z.number().nullable(),
  /** The price of output when null. */
  reasoning: z.number().nullable(),
  /** Of calls for embeddings; the price of input when null. */
  embeddings: z.number().nullable(),
});

/** What a model costs between two days. */
export const Price = z.object({
  /** Stands in `cost_source` of every span that was priced by it. */
  id: z.string(),
  /** Providers and models that it is for: `*` stands for anything, `/…/` is a regular expression (RE2, anchored). */
  provider: z.array(z.string()),
  model: z.array(z.string()),
  /** First day, and the first day on which it does not hold any more; UTC. */
  from: z.string(),
  until: z.string().nullable(),
  ...Rates.shape,
  /** Prices of calls with more input tokens than `above_tokens`, for all of their tokens. */
  long_prompt: z.object({ above_tokens: z.int(), ...Rates.shape }).nullable(),
  source: z.string(),
  /** The day on which the source was read. */
  source_date: z.string(),
  origin: z.enum(["built-in", "file"]),
});
export type Price = z.infer<typeof Price>;

/** `GET /api/v1/prices`: the first entry that fits a call is its price. */
export const PriceTable = z.object({
  prices: z.array(Price),
  count: z.int(),
  /** The file of `traces.prices`, and why it is not in force. */
  file: z.string().nullable(),
  error: z.string().nullable(),
  loaded_at: Timestamp,
});
export type PriceTable = z.infer<typeof PriceTable>;

/** `GET /api/v1/prices/unknown`: models that were called and have no price, the one with most tokens first. */
export const UnpricedModels = z.object({
  models: z.array(
    z.object({
      provider: z.string(),
      model: z.string(),
      calls: z.int(),
      input_tokens: z.number(),
      output_tokens: z.number(),
      last_seen: Timestamp,
    }),
  ),
  count: z.int(),
});
export type UnpricedModels = z.infer<typeof UnpricedModels>;
