import type { Stage, StageContext } from "../pipeline.ts";

/** Remembers the alerts as the stages before left them, and begins the cooldown of those that are told about now. */
export const record =
  ({ cooldowns, keep }: Pick<StageContext, "cooldowns" | "keep">): Stage =>
  (batch, nowMs) => {
    for (const { alert, notifiedAtMs } of batch.alerts) {
      if (notifiedAtMs === nowMs) cooldowns.begin(alert.fingerprint, nowMs);
    }
    keep(batch.alerts);
    return batch;
  };
