import type { Stage, StageContext } from "../pipeline.ts";
import { mutesOf } from "../routing/index.ts";
import { withhold } from "./withhold.ts";

/** A route tells nobody within one of its mute time intervals. */
export const muteTime =
  ({ intervals }: Pick<StageContext, "intervals">): Stage =>
  (flush, nowMs) => {
    const { route } = flush.group;
    if (route.muteTimeIntervals.length === 0) return flush;
    const { muted } = mutesOf(route, intervals(), nowMs);
    return withhold(flush, "mute_time", () => muted);
  };
