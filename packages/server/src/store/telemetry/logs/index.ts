export type { LogTables } from "./log-tables.ts";
export { Logs } from "./logs.ts";
export { compareCursors, levelOf, matchesLog, wordsOf } from "./matches.ts";
export { MemoryLogs } from "./memory-logs.ts";
export { SqlLogs } from "./sql-logs.ts";
export type {
  LogCount,
  LogCursor,
  LogFilter,
  LogLine,
  LogNames,
  LogQuery,
  LogRow,
  LogStore,
  LogTerm,
} from "./types.ts";
