import type { Note, Stage, StageContext } from "../pipeline.ts";
import type { PipelineAlert } from "../types.ts";

/**
 * An alert with a cooldown that ended and began anew is told of again only when the cooldown is over, and then only if
 * it still fires. The end of what nobody heard of is not told.
 */
export const cooldown =
  ({ toldMs }: Pick<StageContext, "toldMs">): Stage =>
  (flush, nowMs) => {
    const notes: Note[] = [];
    let { wakeAtMs } = flush;
    const messages = flush.messages.map((message) => {
      const { last, channel } = message;
      const passes = (alert: PipelineAlert): boolean => {
        const { fingerprint, cooldownMs } = alert;
        if (cooldownMs === 0 || last?.open.has(fingerprint)) return true;
        if (alert.endsAtMs <= nowMs) return false;
        const toldAtMs = toldMs(alert);
        if (toldAtMs === undefined || nowMs >= toldAtMs + cooldownMs) return true;
        wakeAtMs = Math.min(wakeAtMs, toldAtMs + cooldownMs);
        notes.push({ fingerprint, stage: "cooldown", by: [], channel });
        return false;
      };
      if (message.alerts.every(({ cooldownMs }) => cooldownMs === 0)) return message;
      return { ...message, alerts: message.alerts.filter(passes) };
    });
    return { ...flush, messages, wakeAtMs, notes: [...flush.notes, ...notes] };
  };
