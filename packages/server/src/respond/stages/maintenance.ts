import type { Stage, StageContext } from "../pipeline.ts";
import { withholdFiring } from "./withhold.ts";

/** Nobody is told that something under maintenance fires. */
export const maintenance =
  ({ maintenance: windowsOf }: Pick<StageContext, "maintenance">): Stage =>
  (flush, nowMs) =>
    withholdFiring(flush, { stage: "maintenance", nowMs }, (alert) => windowsOf(alert, nowMs));
