export { Channel } from "./channel.ts";
export { formatDuration, parseDuration, type DurationMs } from "./duration.ts";
export {
  FleetlightError,
  badRequest,
  conflict,
  describeError,
  limitReached,
  notFound,
  overloaded,
  type ErrorDetail,
} from "./errors.ts";
export {
  KEY_END,
  DEFAULT_TENANT,
  NAME_LABEL,
  formatLabels,
  labelKey,
  labelNames,
  type LabelSet,
} from "./labels.ts";
export { createLogger, type LogLevel, type Logger, type LoggingOptions } from "./log.ts";
export {
  compareMatchers,
  formatMatcher,
  formatMatchers,
  makeAlertMatcher,
  matchesAll,
  parseMatcher,
  parseMatchers,
} from "./matchers.ts";
export {
  checkUrlLiteral,
  createOutbound,
  type Outbound,
  type OutboundAnswer,
  type OutboundTls,
  type OutboundRequest,
  type OutboundStats,
} from "./outbound.ts";
export { freeBytes } from "./free-bytes.ts";
export { createAddressFilter, type OutboundPolicy } from "./outbound-address.ts";
export { mask, type MaskKind } from "./mask.ts";
export {
  ProtobufError,
  ProtobufReader,
  ProtobufTextError,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_VARINT,
} from "./protobuf.ts";
export { ProtobufWriter } from "./protobuf-writer.ts";
export {
  createScheduler,
  type ScheduledRun,
  type Scheduler,
  type SchedulerStats,
} from "./scheduler.ts";
export {
  makeMatcher,
  parseSelector,
  selectMetric,
  type MatchOperator,
  type Matcher,
  type Selector,
} from "./selector.ts";
export { SEVERITY_LEVELS, severityLevel, severityRank, type SeverityLevel } from "./severity.ts";
export { snappyEncode } from "./snappy-encode.ts";
export { SnappyDecoder, SnappyError } from "./snappy.ts";
export {
  isHistogramMarker,
  isMarker,
  isStale,
  wordsOf,
  writeHistogramMarker,
  writeStale,
} from "./stale.ts";
export {
  ThriftReader,
  THRIFT_BOOL,
  THRIFT_DOUBLE,
  THRIFT_I32,
  THRIFT_I64,
  THRIFT_LIST,
  THRIFT_STRING,
  THRIFT_STRUCT,
} from "./thrift.ts";
export { isoTime, type Now } from "./time.ts";
export * from "./go-template/index.ts";
export { halvesOf, IdTable } from "./id-table.ts";
export { sortInTurns } from "./sort-in-turns.ts";
export { Turns } from "./turns.ts";
