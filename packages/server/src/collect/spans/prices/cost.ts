import { MODEL_OPERATIONS, type Facets } from "../model.ts";
import type { PriceEntry } from "./price-entry.ts";

const PER_MILLION = 1e6;

/** What a span says of what it used. */
export type Used = Pick<
  Facets,
  | "operation"
  | "inputTokens"
  | "outputTokens"
  | "cachedTokens"
  | "cacheWriteTokens"
  | "reasoningTokens"
>;

type Rates = Omit<NonNullable<PriceEntry["long_prompt"]>, "above_tokens">;

/** A sum over several calls has as many input tokens as all of them, which says nothing of the length of a prompt. */
function ratesOf(entry: PriceEntry, used: Used): Rates {
  const { long_prompt: long } = entry;
  const isOneCall = MODEL_OPERATIONS.has(used.operation);
  return long !== undefined && isOneCall && used.inputTokens > long.above_tokens ? long : entry;
}

/**
 * USD for what was used. Cached and written tokens are part of the input, reasoning is part of the output: `understand` sees
 * to that for every dialect. @returns undefined when a price is needed that the entry does not have
 */
export function computeCost(entry: PriceEntry, used: Used): number | undefined {
  const rates = ratesOf(entry, used);
  const input = used.operation === "embeddings" ? (rates.embeddings ?? rates.input) : rates.input;
  const cached = Math.min(used.cachedTokens, used.inputTokens);
  const written = Math.min(used.cacheWriteTokens, used.inputTokens - cached);
  const reasoning = Math.min(used.reasoningTokens, used.outputTokens);
  const parts: [tokens: number, price: number | undefined][] = [
    [used.inputTokens - cached - written, input],
    [cached, rates.cached_input ?? input],
    [written, rates.cache_write ?? input],
    [used.outputTokens - reasoning, rates.output],
    [reasoning, rates.reasoning ?? rates.output],
  ];
  let sum = 0;
  for (const [tokens, price] of parts) {
    if (tokens === 0) continue;
    if (price === undefined) return undefined;
    sum += tokens * price;
  }
  return sum / PER_MILLION;
}
