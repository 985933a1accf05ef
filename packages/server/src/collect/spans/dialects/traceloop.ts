import type { Facets, Operation, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** Calls of models, which have no kind of their own. */
const REQUESTS: ReadonlyMap<string, Operation> = new Map([
  ["chat", "chat"],
  ["completion", "chat"],
  ["embedding", "embeddings"],
  ["rerank", "retrieval"],
]);

/** The entity, which instrumentations of frameworks put in the span's name alone: "Writer.agent". */
function entityOf({ attributes, name }: Span, kind: string): string {
  const entity = textAt(attributes, "traceloop.entity.name");
  if (entity !== "") return entity;
  return name.endsWith(`.${kind}`) ? name.slice(0, -kind.length - 1) : name;
}

/** Traceloop's OpenLLMetry: https://www.traceloop.com/docs/openllmetry/contributing/semantic-conventions */
export const traceloop: Dialect = {
  name: "traceloop",
  prefixes: ["traceloop", "llm"],
  texts: {
    conversation: [
      "traceloop.association.properties.session_id",
      "traceloop.association.properties.chat_id",
    ],
    user: ["traceloop.association.properties.user_id"],
  },
  derive(span, scope): Partial<Facets> {
    const { attributes } = span;
    const kind = textAt(attributes, "traceloop.span.kind");
    const name = entityOf(span, kind);
    switch (kind) {
      case "agent":
        return {
          operation: "invoke_agent",
          agent: textAt(attributes, "gen_ai.agent.name") || name,
        };
      case "tool":
        return { operation: "execute_tool", tool: name };
      case "task":
        return { operation: "step", task: name };
      case "handoff":
        return { operation: "handoff" };
      case "workflow":
        // Instrumentations call every chain a workflow; the SDK does so only where the program says it.
        return scope.includes("instrumentation")
          ? { operation: "step" }
          : { operation: "workflow", workflow: name };
      default: {
        const operation = REQUESTS.get(textAt(attributes, "llm.request.type"));
        return operation === undefined ? {} : { operation };
      }
    }
  },
};
