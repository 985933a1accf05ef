import type { Attributes, Facets } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

const SERVER = 2;
/** Methods that bring another agent a message, of all versions of the protocol. */
const SENDS =
  /(?:^|[./ ])(?:message\/(?:send|stream)|tasks\/send(?:Subscribe)?|Send(?:Streaming)?Message)$/;
const METHODS = ["a2a.method", "a2a.operation", "jsonrpc.method", "rpc.method"];
/** There is no convention yet: these are the names that instrumentations use. */
const AGENTS = [
  "a2a.agent.name",
  "a2a.target.agent",
  "a2a.remote_agent.name",
  "a2a.agent_card.name",
];

const firstOf = (attributes: Attributes, names: readonly string[]): string =>
  names.map((name) => textAt(attributes, name)).find((text) => text !== "") ?? "";

/** The protocol between agents of different makers: https://a2a-protocol.org */
export const a2a: Dialect = {
  name: "a2a",
  prefixes: ["a2a"],
  texts: {
    conversation: ["a2a.context.id", "a2a.context_id"],
    task: ["a2a.task.id", "a2a.task_id"],
  },
  derive({ attributes, name, kind }): Partial<Facets> {
    // Who says it in OpenTelemetry's words is taken by them.
    if (attributes.has("gen_ai.operation.name")) return {};
    const method = firstOf(attributes, METHODS) || name;
    if (!SENDS.test(method)) return {};
    const agent = firstOf(attributes, AGENTS);
    return kind === SERVER
      ? { operation: "invoke_agent", agent: agent || textAt(attributes, "gen_ai.agent.name") }
      : { operation: "message", peer: agent };
  },
};
