import type { UnpricedModels } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { ModelUsage } from "#store";

/** Models whose calls cost nobody knows what, the one with most tokens first. */
export function unpricedOf(usage: readonly ModelUsage[]): UnpricedModels {
  const models = usage
    .filter(({ costSource, costUsd }) => costSource === "" && costUsd === 0)
    .toSorted((a, b) => b.inputTokens + b.outputTokens - a.inputTokens - a.outputTokens)
    .map(({ provider, model, calls, inputTokens, outputTokens, lastMs }) => ({
      provider,
      model,
      calls,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      last_seen: isoTime(lastMs),
    }));
  return { models, count: models.length };
}
