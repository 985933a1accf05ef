import { IconCircleCheckFilled, IconCircleXFilled, IconLoader } from "@tabler/icons-react";

import { RUN_WORDS, type RunState } from "./run-words.ts";
import classes from "./runs.module.css";

const ICONS = { failed: IconCircleXFilled, running: IconLoader, done: IconCircleCheckFilled };

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
