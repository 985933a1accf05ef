import type { Facets, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

const CALL = "tools/call";
const RESOURCE = "resources/read";

/** Who follows the conventions names the tool in an attribute, and all in the span's name: "tools/call search". */
function toolOf(span: Span): string {
  const { attributes, name } = span;
  const tool = textAt(attributes, "gen_ai.tool.name") || textAt(attributes, "mcp.tool.name");
  if (tool !== "") return tool;
  const at = name.indexOf(`${CALL} `);
  return at < 0 ? "" : name.slice(at + CALL.length + 1);
}

/** The Model Context Protocol: https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/ */
export const mcp: Dialect = {
  name: "mcp",
  prefixes: ["mcp", "rpc"],
  derive(span): Partial<Facets> {
    const { attributes } = span;
    const isCall = textAt(attributes, "rpc.system") === "mcp";
    const method =
      textAt(attributes, "mcp.method.name") || (isCall ? textAt(attributes, "rpc.method") : "");
    if (method === CALL) return { operation: "execute_tool", tool: toolOf(span) };
    return method === RESOURCE ? { operation: "retrieval" } : {};
  },
};
