import type { Activity } from "./types.ts";

let next = 0;

/** An activity for tests, of a span of its own unless one is given. */
export const activity = (given: Partial<Activity> = {}): Activity => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: (++next).toString(16).padStart(16, "0"),
  kind: "task",
  agent: "writer",
  peer: "",
  agents: [],
  workflow: "",
  conversation: "",
  type: "",
  endUs: 1_780_315_200_000_000,
  durationUs: 1_000_000,
  failed: false,
  quality: -1,
  rounds: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  priced: false,
  ...given,
});
