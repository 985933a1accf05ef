import type { AnyValue } from "../otlp/model.ts";

/** Attributes by name; of repeated names the last one counts, as in the specification's maps. */
export type Attributes = ReadonlyMap<string, AnyValue>;

export interface SpanEvent {
  /** Unix nanoseconds. */
  timeNs: bigint;
  name: string;
  attributes: Attributes;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attributes;
}

/** A span as OpenTelemetry's trace protocol has it. */
export interface Span {
  /** 32 and 16 hexadecimal digits, lower case; `parentSpanId` is empty on a root. */
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  /** Unix nanoseconds; the end is 0 while a span goes on. */
  startNs: bigint;
  endNs: bigint;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
  statusMessage: string;
  attributes: Attributes;
  events: readonly SpanEvent[];
  links: readonly SpanLink[];
}

/** What a span does, whatever its dialect calls it; empty when it is nothing of an agent's. */
export type Operation =
  | ""
  | "chat"
  | "embeddings"
  | "execute_tool"
  | "invoke_agent"
  | "workflow"
  | "step"
  | "retrieval"
  | "guardrail"
  | "handoff"
  | "message"
  | "task"
  | "conflict"
  | "wait";

/** Operations that call a model: what they used is what is paid. */
export const MODEL_OPERATIONS: ReadonlySet<Operation> = new Set(["chat", "embeddings"]);

/** What a span says in the one vocabulary that all dialects are turned into; texts are empty and numbers 0 where it says nothing. */
export interface Facets {
  /** Dialects that were recognised, the most specific first. */
  dialects: readonly string[];
  operation: Operation;
  /** The agent that does it, as far as the span itself says; see `analyseTrace` for the rest. */
  agent: string;
  /** Whom a hand-off or message goes to, or who is waited for. */
  peer: string;
  workflow: string;
  task: string;
  conversation: string;
  user: string;
  provider: string;
  model: string;
  tool: string;
  toolCallId: string;
  inputTokens: number;
  outputTokens: number;
  /** Part of the input tokens that came from a cache. */
  cachedTokens: number;
  /** Part of the input tokens that was written into a cache. */
  cacheWriteTokens: number;
  /** Part of the output tokens that nobody reads. */
  reasoningTokens: number;
  /** What the producer says that it cost, in USD; undefined when it says nothing. */
  costUsd: number | undefined;
  errorType: string;
}

/** A span with what was understood of it. */
export interface UnderstoodSpan {
  span: Span;
  scope: string;
  facets: Facets;
}
