import type { Stage, StageContext } from "../pipeline.ts";
import { withhold } from "./withhold.ts";

/** Nobody is told of what a silence matches. */
export const silence =
  ({ silencedBy }: Pick<StageContext, "silencedBy">): Stage =>
  (flush) =>
    withhold(flush, "silence", silencedBy);
