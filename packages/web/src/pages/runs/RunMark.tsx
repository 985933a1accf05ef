import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconClockPause,
  IconLoader,
} from "@tabler/icons-react";

import classes from "./run.module.css";
import { RUN_WORDS, type RunState } from "./run-words.ts";

const ICONS = {
  failed: IconCircleXFilled,
  errors: IconAlertTriangleFilled,
  running: IconLoader,
  stale: IconClockPause,
  done: IconCircleCheckFilled,
};

/** How a run stands, as colour, shape and word. */
export const RunMark = ({ state }: { state: RunState }) => {
  const Icon = ICONS[state];
  return (
    <span
      className={classes["mark"]}
      data-state={state}
      role="img"
      aria-label={RUN_WORDS[state]}
      title={RUN_WORDS[state]}
    >
      <Icon size={16} aria-hidden />
    </span>
  );
};
