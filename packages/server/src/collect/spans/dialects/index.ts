import { a2a } from "./a2a.ts";
import { autoGen } from "./autogen.ts";
import { claude } from "./claude.ts";
import { crewAi } from "./crewai.ts";
import type { Dialect } from "./dialect.ts";
import { fleetlight } from "./fleetlight.ts";
import { genAi } from "./gen-ai.ts";
import { langfuse } from "./langfuse.ts";
import { langGraph } from "./langgraph.ts";
import { mcp } from "./mcp.ts";
import { openInference } from "./openinference.ts";
import { traceloop } from "./traceloop.ts";
import { vercelAi } from "./vercel-ai.ts";

export { numberOf, textAt, type Dialect } from "./dialect.ts";

/** Every dialect, the most specific first: what one says, those after it do not change. */
export const DIALECTS: readonly Dialect[] = [
  fleetlight,
  claude,
  crewAi,
  autoGen,
  langfuse,
  langGraph,
  openInference,
  traceloop,
  vercelAi,
  mcp,
  a2a,
  genAi,
];
