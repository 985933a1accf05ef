import type { Stage, StageContext } from "../pipeline.ts";
import { withhold } from "./withhold.ts";

/** Nobody is told of an alert while another one inhibits it. */
export const inhibit =
  ({ inhibitor }: Pick<StageContext, "inhibitor">): Stage =>
  (flush, nowMs) => {
    const ofTenant = inhibitor(flush.group.tenant);
    return withhold(flush, "inhibit", (alert) => {
      const source = ofTenant.inhibitedBy(alert.labels, nowMs);
      return source === undefined ? [] : [source];
    });
  };
