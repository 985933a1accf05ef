/** Text columns of the table with the key of the row that they hold. */
export const TEXTS = {
  trace_id: "traceId",
  span_id: "spanId",
  parent_span_id: "parentSpanId",
  trace_state: "traceState",
  service: "service",
  scope: "scope",
  name: "name",
  status_message: "statusMessage",
  operation: "operation",
  agent: "agent",
  peer: "peer",
  workflow: "workflow",
  task: "task",
  conversation: "conversation",
  user: "user",
  provider: "provider",
  model: "model",
  tool: "tool",
  tool_call_id: "toolCallId",
  error_type: "errorType",
  cost_source: "costSource",
} as const;

/** Columns of whole numbers. */
export const INTEGERS = {
  kind: "kind",
  status: "status",
  duration_ns: "durationNs",
  input_tokens: "inputTokens",
  output_tokens: "outputTokens",
  cached_tokens: "cachedTokens",
  cache_write_tokens: "cacheWriteTokens",
  reasoning_tokens: "reasoningTokens",
} as const;

/** Where a span ran, as far as its resource says; the machine rather than the process. */
export const HOST =
  "coalesce(nullIf(resource['host.name'], ''), nullIf(resource['k8s.pod.name'], ''), nullIf(resource['host.id'], ''), resource['service.instance.id'])";

/** Maps of texts. */
export const MAPS = { attrs: "attributes", resource: "resource" } as const;
/** Lists, kept as JSON. */
export const JSONS = { events: "events", links: "links" } as const;

export const entries = <K extends string, V extends string>(of: Readonly<Record<K, V>>): [K, V][] =>
  Object.entries(of) as [K, V][];
