import type { Notice, Stage, StageContext } from "../pipeline.ts";

/**
 * Nobody is told again about a series before its cooldown is over; an alert that still fires then is told after all.
 * The end of an alert is told to those who know of its beginning, and to nobody else.
 */
export const cooldown = ({
  cooldowns,
  suppressed,
}: Pick<StageContext, "cooldowns" | "suppressed">): Stage => {
  const passes = ({ stored, status, cooldownMs }: Notice, nowMs: number): boolean => {
    if (status === "resolved") return stored.receivers.length > 0;
    const { fingerprint } = stored.alert;
    const lastMs = cooldowns.lastMs(fingerprint);
    if (lastMs === undefined || nowMs >= lastMs + cooldownMs) return true;
    if (cooldowns.hold(fingerprint, lastMs + cooldownMs)) suppressed("cooldown", 1);
    return false;
  };
  return (batch, nowMs) => ({
    ...batch,
    notices: batch.notices.filter((notice) => passes(notice, nowMs)),
  });
};
