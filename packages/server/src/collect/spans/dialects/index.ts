import type { Dialect } from "./dialect.ts";
import { fleetlight } from "./fleetlight.ts";
import { genAi } from "./gen-ai.ts";
import { langfuse } from "./langfuse.ts";
import { langGraph } from "./langgraph.ts";
import { openInference } from "./openinference.ts";
import { traceloop } from "./traceloop.ts";
import { vercelAi } from "./vercel-ai.ts";

export { numberOf, textAt, type Dialect } from "./dialect.ts";

/** Every dialect, the most specific first: what one says, those after it do not change. */
export const DIALECTS: readonly Dialect[] = [
  fleetlight,
  langfuse,
  langGraph,
  openInference,
  traceloop,
  vercelAi,
  genAi,
];
