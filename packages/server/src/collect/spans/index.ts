export { AgentNames } from "./agent-names.ts";
export {
  analyseTrace,
  hasUsage,
  isRepeatedCall,
  type AnalysedSpan,
  type AgentEdge,
  type ToolCall,
  type TraceAnalysis,
  type Usage,
} from "./analyse-trace.ts";
export type { Incoming } from "./incoming.ts";
export { MODEL_OPERATIONS, type Attributes, type Operation, type Span } from "./model.ts";
export { PriceBook } from "./prices/index.ts";
export { readSpansJson } from "./read-json.ts";
export { readSpansProtobuf } from "./read-protobuf.ts";
export { SpanReceiver, spanReaders, type SpanEncoding, type TakenSpans } from "./receiver.ts";
export { understand } from "./understand.ts";
