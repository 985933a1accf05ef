export {
  analyseTrace,
  type AnalysedSpan,
  type AgentEdge,
  type ToolCall,
  type TraceAnalysis,
  type Usage,
} from "./analyse-trace.ts";
export { MODEL_OPERATIONS, type Operation } from "./model.ts";
export { PriceBook } from "./prices/index.ts";
export { readSpansJson } from "./read-json.ts";
export { readSpansProtobuf } from "./read-protobuf.ts";
export { SpanReceiver, type SpanEncoding, type TakenSpans } from "./receiver.ts";
export { understand } from "./understand.ts";
