import { Button, SegmentedControl } from "@mantine/core";
import { IconChartLine } from "@tabler/icons-react";
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

/** The ways in which samples come, each with what to copy. */
export const WaysToSend = () => {
  const [way, setWay] = useState<Way>("register");
  const { origin } = window.location;
  const texts = { ...snippetsOf(origin), register: firstService(origin) };
  return (
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
      <Snippet label={`${way} example`} text={texts[way]} />
    </div>
  );
};

/** What the page says while nothing was measured. */
export const FirstMetrics = () => (
  <div className={classes["panel"]}>
    <Empty title="Nothing has been measured yet" waiting="Waiting for the first samples…">
      <p>Four ways lead here. Choose the one that you have already:</p>
      <WaysToSend />
    </Empty>
  </div>
);

const EXAMPLES = [
  "up",
  "sum by (job) (rate(process_cpu_seconds_total[5m]))",
  'topk(10, count by (__name__) ({__name__!=""}))',
];

/** What the answer says before there is a question: examples, and how to send more. */
export const AskFirst = ({ onAsk }: { onAsk: (expression: string) => void }) => {
  const [sending, setSending] = useState(false);
  return (
    <Empty icon={<IconChartLine size={32} stroke={1.4} />} title="Ask a question">
      <p>
        Type a PromQL expression above and press Enter, or choose a metric from the list: a counter
        comes as its rate, a histogram as its 95th percentile. Or begin with one of these:
      </p>
      <ul className={classes["examples"]}>
        {EXAMPLES.map((expression) => (
          <li key={expression}>
            <button type="button" className={classes["example"]} onClick={() => onAsk(expression)}>
              {expression}
            </button>
          </li>
        ))}
      </ul>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        aria-expanded={sending}
        onClick={() => setSending(!sending)}
      >
        Send metrics of your own
      </Button>
      {sending && <WaysToSend />}
    </Empty>
  );
};
