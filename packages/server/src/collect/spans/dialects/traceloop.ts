import type { Facets } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** Traceloop's OpenLLMetry: https://www.traceloop.com/docs/openllmetry/contributing/semantic-conventions */
export const traceloop: Dialect = {
  name: "traceloop",
  prefixes: ["traceloop"],
  texts: {
    conversation: [
      "traceloop.association.properties.session_id",
      "traceloop.association.properties.chat_id",
    ],
    user: ["traceloop.association.properties.user_id"],
  },
  derive(span, scope): Partial<Facets> {
    const name = textAt(span.attributes, "traceloop.entity.name");
    switch (textAt(span.attributes, "traceloop.span.kind")) {
      case "agent":
        return { operation: "invoke_agent", agent: name };
      case "tool":
        return { operation: "execute_tool", tool: name };
      case "task":
        return { operation: "step", task: name };
      case "workflow":
        // Instrumentations call every chain a workflow; the SDK does so only where the program says it.
        return scope.includes("instrumentation")
          ? { operation: "step" }
          : { operation: "workflow", workflow: name };
      default:
        return {};
    }
  },
};
