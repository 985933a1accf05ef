/** Words for severities, as OpenTelemetry maps them, with those of syslog, Python and the loggers of Node. */
const WORDS: Readonly<Record<string, number>> = {
  trace: 1,
  silly: 1,
  finest: 1,
  verbose: 5,
  debug: 5,
  finer: 5,
  fine: 5,
  config: 8,
  http: 9,
  info: 9,
  information: 9,
  informational: 9,
  log: 9,
  success: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  severe: 17,
  exception: 17,
  critical: 18,
  crit: 18,
  alert: 19,
  emerg: 21,
  emergency: 21,
  fatal: 21,
  panic: 21,
};

/** A severity number by its word; 0 when the word is not known. */
export function severityOf(word: string): number {
  const key = word.trim().toLowerCase();
  return Object.hasOwn(WORDS, key) ? (WORDS[key] ?? 0) : 0;
}

/** Numbers of pino and bunyan: 10 trace to 60 fatal, with custom ones in between. */
export const severityOfPino = (level: number): number =>
  level > 0 ? Math.min(21, Math.max(1, Math.floor(level / 10) * 4 - 3)) : 0;

/** Numbers of Python's logging: 10 debug, 20 info, 30 warning, 40 error, 50 critical. */
export const severityOfPython = (level: number): number =>
  level > 0 ? Math.min(21, Math.floor(level / 10) * 4 + 1) : 0;

const SYSLOG = [21, 19, 18, 17, 13, 10, 9, 5];
/** Numbers of syslog: 0 emergency to 7 debug. */
export const severityOfSyslog = (level: number): number => SYSLOG[level] ?? 0;

const SHOUTED =
  /(?:^|[\s[(<|:"])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)(?=$|[\s\])>|:",])/;
/** Characters at a line's beginning in which its level stands. */
const LEVEL_WITHIN = 120;

/** The level that a line of plain text names near its beginning; empty when there is none. */
export const shoutedLevel = (line: string): string =>
  SHOUTED.exec(line.slice(0, LEVEL_WITHIN))?.[1] ?? "";
