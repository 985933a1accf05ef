import type { Facets, Operation, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** A crew's run, named after it, or after an id where it has no name. */
const KICKOFF = /^(.+?)(?:_[0-9a-f]{8}-[0-9a-f-]{27})?\.kickoff$/;
const TASK = /^(.+)\._execute_core$/;

/** What the framework's own spans are, by their names. */
const OWN: ReadonlyMap<string, Operation> = new Map([
  ["Crew Execution", "workflow"],
  ["Task Execution", "task"],
  ["Tool Usage", "execute_tool"],
]);

const firstOf = (span: Span, ...names: string[]): string =>
  names.map((name) => textAt(span.attributes, name)).find((text) => text !== "") ?? "";

/** An agent is its role; with OpenInference a node of the graph. */
const roleOf = (span: Span): string =>
  firstOf(span, "graph.node.id", "crewai.agent.role", "agent_role");

/** CrewAI, as its own telemetry and the instrumentations of OpenInference and Traceloop tell of it. */
export const crewAi: Dialect = {
  name: "crewai",
  prefixes: ["crewai", "crew_key", "crew_id", "task_key"],
  texts: { task: ["crewai.task.id", "task_id"] },
  derive(span): Partial<Facets> {
    const crew = KICKOFF.exec(span.name)?.[1];
    if (crew !== undefined) return { operation: "workflow", workflow: crew };
    const operation = OWN.get(span.name) ?? "";
    const agent = roleOf(span) || (TASK.exec(span.name)?.[1] ?? "");
    if (operation !== "execute_tool") return { operation, agent };
    return { operation, agent, tool: textAt(span.attributes, "tool_name") };
  },
};
