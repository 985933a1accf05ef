export {
  analyseTrace,
  type AnalysedSpan,
  type AgentEdge,
  type ToolCall,
  type TraceAnalysis,
  type Usage,
} from "./analyse-trace.ts";
export { readSpansJson } from "./read-json.ts";
export { readSpansProtobuf } from "./read-protobuf.ts";
export { SpanReceiver, type TakenSpans } from "./receiver.ts";
export { understand } from "./understand.ts";
