import type { Stage, StageContext } from "../pipeline.ts";
import { mutesOf } from "../routing/index.ts";
import { withhold } from "./withhold.ts";

/** A route with active time intervals tells only within one of them. */
export const activeTime =
  ({ intervals }: Pick<StageContext, "intervals">): Stage =>
  (flush, nowMs) => {
    const { route } = flush.group;
    if (route.activeTimeIntervals.length === 0) return flush;
    const { inactive } = mutesOf(route, intervals(), nowMs);
    return withhold(flush, "active_time", () => inactive);
  };
