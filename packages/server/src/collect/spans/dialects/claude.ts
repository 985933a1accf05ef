import type { Facets, Span } from "../model.ts";
import { numberOf, textAt, type Dialect } from "./dialect.ts";

const PREFIX = "claude_code.";
const AGENT = "claude-code";

/** Anthropic counts what came from a cache, or went into it, beside the input. */
function usageOf({ attributes }: Span): Partial<Facets> {
  const cachedTokens = numberOf(attributes.get("cache_read_tokens")) ?? 0;
  const cacheWriteTokens = numberOf(attributes.get("cache_creation_tokens")) ?? 0;
  const inputTokens = numberOf(attributes.get("input_tokens")) ?? 0;
  return {
    inputTokens: inputTokens + cachedTokens + cacheWriteTokens,
    outputTokens: numberOf(attributes.get("output_tokens")) ?? 0,
    cachedTokens,
    cacheWriteTokens,
  };
}

/** Claude Code and its Agent SDK: https://code.claude.com/docs/en/monitoring-usage */
export const claude: Dialect = {
  name: "claude",
  prefixes: ["span"],
  derive(span): Partial<Facets> {
    if (!span.name.startsWith(PREFIX)) return {};
    const { attributes } = span;
    const said = {
      conversation: textAt(attributes, "session.id"),
      user: textAt(attributes, "user.id"),
    };
    switch (span.name.slice(PREFIX.length)) {
      case "interaction":
        return { ...said, operation: "invoke_agent", agent: AGENT };
      case "llm_request": {
        const model = textAt(attributes, "model");
        return { ...said, operation: "chat", provider: "anthropic", model, ...usageOf(span) };
      }
      case "tool": {
        const toolCallId = textAt(attributes, "tool_use_id");
        // The tool that sets a further agent to work: what lies below it is that agent's.
        const agent = textAt(attributes, "subagent_type");
        if (agent !== "") return { ...said, operation: "invoke_agent", agent, toolCallId };
        const tool = textAt(attributes, "tool_name");
        return { ...said, operation: "execute_tool", tool, toolCallId };
      }
      default:
        return { ...said, operation: "step" };
    }
  },
};
