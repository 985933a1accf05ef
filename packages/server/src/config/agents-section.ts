import { z } from "zod";

import { duration, section } from "./fields.ts";

interface Values {
  warning: number;
  critical: number;
  target: number;
}

const threshold = (what: string, unit: string, max: number, values: Values) => {
  const at = (value: number, band: string) =>
    z.number().min(0).max(max).default(value).describe(`${unit}: ${band}.`);
  return section(what, {
    warning: at(values.warning, "below this the band is `warning`"),
    critical: at(values.critical, "below this the band is `critical`"),
    target: at(values.target, "from here on the band is `excellent`"),
  });
};

export const agents = section("How figures of agents are judged and counted.", {
  task_throughput: threshold("Tasks that an agent completes.", "Tasks per hour", 1e6, {
    warning: 5,
    critical: 2,
    target: 10,
  }),
  conflict_resolution: threshold("Conflicts that are resolved.", "Share, 0 to 1", 1, {
    warning: 0.7,
    critical: 0.5,
    target: 0.9,
  }),
  silent_after: duration({ min: "10s", max: "7d" })
    .prefault("15m")
    .describe("An agent that was not heard of for so long is `silent`."),
  failing_share: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      "An agent is `failing` when more than this share of its tasks failed in the last hour, of at least three.",
    ),
  max_activities: z
    .int()
    .min(1000)
    .max(1_000_000)
    .default(50_000)
    .describe(
      "Activities of the last hour that are kept in memory; with more, the store answers instead.",
    ),
  max_series: z
    .int()
    .min(1)
    .max(2000)
    .default(500)
    .describe(
      "Agents that have series of their own; those beyond are counted together as `other`.",
    ),
});
