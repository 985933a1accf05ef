import type { Conversation } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { ConversationFigures } from "#store";

export const conversationView = (found: ConversationFigures, title = ""): Conversation => ({
  id: found.conversation,
  first: isoTime(Math.trunc(found.firstUs / 1000)),
  last: isoTime(Math.trunc(found.lastUs / 1000)),
  turns: found.traces,
  trace_ids: found.traceIds,
  agents: found.agents,
  title,
  model_calls: found.modelCalls,
  tool_calls: found.toolCalls,
  errors: found.errors,
  input_tokens: found.inputTokens,
  output_tokens: found.outputTokens,
  cost_usd: found.priced > 0 ? found.costUsd : null,
});
