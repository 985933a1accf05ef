import type { Stage, StageContext } from "../pipeline.ts";
import { withholdFiring } from "./withhold.ts";

/** Nobody is told of a service that fails because another one does, on which it depends. */
export const dependency =
  ({ dependsOn }: Pick<StageContext, "dependsOn">): Stage =>
  (flush, nowMs) =>
    withholdFiring(flush, { stage: "dependency", nowMs }, (alert) => dependsOn(alert, nowMs));
