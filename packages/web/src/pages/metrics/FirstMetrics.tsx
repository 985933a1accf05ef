import { SegmentedControl } from "@mantine/core";
import { useState } from "react";

import { Empty, Snippet } from "../../ui/notes.tsx";
import { firstService } from "../services/first-service.ts";
import { snippetsOf } from "./snippets.ts";
import classes from "./metrics.module.css";

const WAYS = [
  { value: "register", label: "Register a service" },
  { value: "scrape", label: "scrape_configs" },
  { value: "write", label: "remote_write" },
  { value: "otlp", label: "OTLP" },
] as const;
type Way = (typeof WAYS)[number]["value"];

const SAID: Record<Way, string> = {
  register: "Fleetlight scrapes its /metrics from then on:",
  scrape: "In Fleetlight's own configuration, in Prometheus' format:",
  write: "In prometheus.yml of a Prometheus that is already there:",
  otlp: "In the environment of anything instrumented with OpenTelemetry:",
};

/** What the page says while nothing was measured: the ways in which first samples come. */
export const FirstMetrics = () => {
  const [way, setWay] = useState<Way>("register");
  const { origin } = window.location;
  const texts = { ...snippetsOf(origin), register: firstService(origin) };
  return (
    <div className={classes["panel"]}>
      <Empty title="Nothing has been measured yet" waiting="Waiting for the first samples…">
        <p>Four ways lead here. Choose the one that you have already:</p>
        <SegmentedControl
          size="xs"
          aria-label="Way of sending"
          data={[...WAYS]}
          value={way}
          onChange={(next) => setWay(next as Way)}
          className={classes["ways"] ?? ""}
        />
        <p>{SAID[way]}</p>
        <Snippet label={`${way} example`} text={texts[way]} />
      </Empty>
    </div>
  );
};
