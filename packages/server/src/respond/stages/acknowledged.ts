import type { Stage, StageContext } from "../pipeline.ts";
import { withholdFiring } from "./withhold.ts";

/** Of an alert that somebody took on nothing is repeated until it ends, or the acknowledgement does. */
export const acknowledged =
  ({ acknowledged: acknowledgedBy }: Pick<StageContext, "acknowledged">): Stage =>
  (flush, nowMs) =>
    withholdFiring(flush, { stage: "acknowledged", nowMs }, (alert) =>
      acknowledgedBy(alert, nowMs),
    );
