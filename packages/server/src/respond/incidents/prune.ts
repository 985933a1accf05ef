import { describeError, type Logger } from "#lib";
import type { IncidentRepository } from "#store";

/** As long as events are kept. */
const KEEP_MS = 400 * 86_400_000;
const MAX_INCIDENTS = 100_000;
const MAX_OCCURRENCES = 500_000;

/** Drops what is over and too old, or too much. Never rejects. */
export async function pruneIncidents(
  repository: IncidentRepository,
  nowMs: number,
  logger: Logger,
): Promise<void> {
  try {
    await repository.prune({
      endedBeforeMs: nowMs - KEEP_MS,
      maxIncidentsPerTenant: MAX_INCIDENTS,
      maxOccurrencesPerTenant: MAX_OCCURRENCES,
    });
  } catch (error) {
    logger.warn({ error: describeError(error) }, "old incidents were not removed");
  }
}
