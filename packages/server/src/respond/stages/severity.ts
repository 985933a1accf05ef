import type { Note, Stage } from "../pipeline.ts";

/** An integration may be for some severities only. */
export const severity = (): Stage => (flush) => {
  const notes: Note[] = [];
  const messages = flush.messages.map((message) => {
    const { severities } = message.integration.config;
    if (severities === undefined) return message;
    const alerts = message.alerts.filter(({ labels, fingerprint }) => {
      const found = labels["severity"] ?? "";
      if (severities.includes(found)) return true;
      notes.push({ fingerprint, stage: "severity", by: [found], channel: message.channel });
      return false;
    });
    return { ...message, alerts };
  });
  return {
    ...flush,
    messages,
    notes: notes.length === 0 ? flush.notes : [...flush.notes, ...notes],
  };
};
