import type { StageName } from "../alertmanager.ts";
import type { Flush, Note } from "../pipeline.ts";
import type { PipelineAlert } from "../types.ts";

const NOBODY: readonly string[] = [];

/** Takes out alerts for which `why` has an answer, and notes it. */
export function withhold(
  flush: Flush,
  stage: StageName,
  why: (alert: PipelineAlert) => readonly string[],
): Flush {
  const notes: Note[] = [];
  const alerts = flush.alerts.filter((alert) => {
    const by = why(alert);
    if (by.length > 0) notes.push({ fingerprint: alert.fingerprint, stage, by, channel: null });
    return by.length === 0;
  });
  return notes.length === 0 ? flush : { ...flush, alerts, notes: [...flush.notes, ...notes] };
}

/** As {@link withhold} where the end of an alert is told nevertheless: it interrupts nobody, and closes what is open. */
export const withholdFiring = (
  flush: Flush,
  { stage, nowMs }: { stage: StageName; nowMs: number },
  why: (alert: PipelineAlert) => readonly string[],
): Flush => withhold(flush, stage, (alert) => (alert.endsAtMs <= nowMs ? NOBODY : why(alert)));
