import type { Facets, Operation, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** "autogen process writer.(default)-A": what is done, and by or to which agent; topics end in -T. */
const RUNTIME = /^autogen (process|send) (.+)\.\([^()]*\)-A$/;
/** Teams give each of their agents' types the team's id. */
const TEAM_ID = /_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Parts of a team that pass messages on and are nobody's idea of an agent. */
const MACHINERY = /(?:GroupChatManager|ChatAgentContainer|^output_topic|^group_topic)/;

const AG2: ReadonlyMap<string, Operation> = new Map([
  ["conversation", "workflow"],
  ["multi_conversation", "workflow"],
  ["agent", "invoke_agent"],
  ["llm", "chat"],
  ["tool", "execute_tool"],
  ["code_execution", "execute_tool"],
  ["handoff", "handoff"],
  ["speaker_selection", "step"],
  ["human_input", "step"],
]);

function runtime({ name }: Span): Partial<Facets> {
  const [, verb = "", destination = ""] = RUNTIME.exec(name) ?? [];
  const agent = destination.replace(TEAM_ID, "");
  if (verb === "" || MACHINERY.test(agent)) return {};
  return verb === "send"
    ? { operation: "message", peer: agent }
    : { operation: "invoke_agent", agent };
}

/** AutoGen's runtime, whose spans are those of messages, and AG2; agents of both speak `gen_ai` as well. */
export const autoGen: Dialect = {
  name: "autogen",
  prefixes: ["messaging", "ag2"],
  derive(span): Partial<Facets> {
    if (span.name.startsWith("autogen ")) return runtime(span);
    const operation = AG2.get(textAt(span.attributes, "ag2.span.type"));
    if (operation === undefined) return {};
    return operation === "workflow" ? { operation, workflow: span.name } : { operation };
  },
};
