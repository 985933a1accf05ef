import type { Stage, StageContext } from "../pipeline.ts";

/** From here on each integration of the receiver is looked at for itself. */
export const fanOut =
  ({ integrations }: Pick<StageContext, "integrations">): Stage =>
  (flush) => {
    if (flush.alerts.length === 0) return flush;
    const messages = integrations(flush.group).map((message) => ({
      ...message,
      alerts: flush.alerts,
    }));
    return { ...flush, messages };
  };
