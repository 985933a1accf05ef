import { externalUrl, type Config } from "#config";
import type { Logger } from "#lib";
import type { PromQLQueries } from "#query";

import { ruleSamples, type Surroundings } from "../alerting/index.ts";

interface SurroundingsOptions {
  queries: Pick<PromQLQueries, "instant">;
  logger: Logger;
}

/** What templates of a tenant's rules are told: the labels and the address of this server, and answers to their queries. */
export function surroundingsOf(
  { queries, logger }: SurroundingsOptions,
  config: () => Config,
): (tenant: string) => Surroundings {
  const onError = (error: string) =>
    logger.warn({ error }, "expanding a template of a rule failed");
  return (tenant) => ({
    externalLabels: config().global.external_labels,
    externalUrl: externalUrl(config()),
    onError,
    query: async (expr, timeMs) => {
      const result = await queries.instant(tenant, expr, timeMs);
      return ruleSamples(result).map(({ labels, value }) => ({ labels: labels.toObject(), value }));
    },
  });
}
