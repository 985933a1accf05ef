import { SegmentedControl } from "@mantine/core";
import { useState } from "react";

import { Empty, Snippet } from "../../ui/notes.tsx";
import { firstRun, SAID, WAYS, type Way } from "./first-run.ts";
import classes from "./runs.module.css";

/** What the page says while no run has come: how to send one, and that it waits. */
export const FirstRun = () => {
  const [way, setWay] = useState<Way>("otlp");
  return (
    <Empty title="No run has come yet" waiting="Waiting for the first span…">
      <p>
        Agents of the Vercel AI SDK, LangGraph, OpenAI Agents, Traceloop, Langfuse and anything that
        speaks OpenTelemetry are understood as they are. Choose what you have:
      </p>
      <div className={classes["ways"]}>
        <SegmentedControl
          size="xs"
          aria-label="Way of sending"
          data={[...WAYS]}
          value={way}
          onChange={(next) => setWay(next as Way)}
          className={classes["waysChoice"] ?? ""}
        />
        <p>{SAID[way]}</p>
        <Snippet label={`${way} example`} text={firstRun(window.location.origin)[way]} />
      </div>
    </Empty>
  );
};
