import type { Finding } from "@fleetlight/contract";
import { IconCircleCheck, IconCircleDotFilled } from "@tabler/icons-react";

import classes from "./coordination.module.css";

/** Whether it goes on, as shape, colour and word. */
export const FindingState = ({ state }: Pick<Finding, "state">) =>
  state === "open" ? (
    <span className={classes["state"]} style={{ color: "var(--fl-firing)" }}>
      <IconCircleDotFilled size={15} aria-hidden /> Open
    </span>
  ) : (
    <span className={classes["state"]} style={{ color: "var(--fl-dim)" }}>
      <IconCircleCheck size={15} aria-hidden /> Over
    </span>
  );
