import type { LogCursor, LogFilter, LogQuery, LogRow, LogTerm } from "./types.ts";

/** When a line was written, Unix milliseconds. */
export const timeMsOf = ({ timeNs }: Pick<LogCursor, "timeNs">): number =>
  Number(timeNs.slice(0, -6));

/** Level of a severity number: 0 unspecified, 1 trace, 2 debug, 3 info, 4 warn, 5 error, 6 fatal. */
export const levelOf = (severity: number): number => Math.ceil(severity / 4);

/** Words are what lies between ASCII characters that are neither letters nor digits, as in the table's index. */
export const wordsOf = (text: string): string[] =>
  text.split(/[\0-/:-@[-`{-\x7f]+/).filter((word) => word !== "");

/** By time, then by `seq`. Of two decimal numbers without leading zeros the longer one is greater. */
export function compareCursors(a: LogCursor, b: LogCursor): number {
  if (a.timeNs === b.timeNs) return a.seq - b.seq;
  const longer = a.timeNs.length - b.timeNs.length;
  if (longer !== 0) return longer;
  return a.timeNs < b.timeNs ? -1 : 1;
}

function holds(body: string, words: () => ReadonlySet<string>, { text, words: own }: LogTerm) {
  return body.includes(text) && own.every((word) => words().has(word));
}

function hasTerms(body: string, terms: readonly LogTerm[]): boolean {
  if (terms.length === 0) return true;
  const lower = body.toLowerCase();
  let words: Set<string> | undefined;
  const lazily = () => (words ??= new Set(wordsOf(lower)));
  return terms.every((term) => holds(lower, lazily, term) !== term.negated);
}

const TEXTS = ["service", "event", "traceId", "spanId"] as const;

const isOfAgent = (row: LogRow, { agent, agentSpans }: LogFilter): boolean =>
  agent === undefined || row.agent === agent || agentSpans?.has(row.spanId) === true;

const hasAttributes = (
  { attributes, resource }: LogRow,
  wanted: Readonly<Record<string, string>>,
) =>
  Object.entries(wanted).every(
    ([name, value]) => (attributes[name] ?? "") === value || (resource[name] ?? "") === value,
  );

/** Whether a line satisfies a question; the tables' own way is `where` in sql-logs.ts. */
export function matchesLog(row: LogRow, filter: LogFilter): boolean {
  const timeMs = timeMsOf(row);
  return (
    timeMs >= filter.startMs &&
    timeMs <= filter.endMs &&
    row.severity >= (filter.minSeverity ?? 0) &&
    row.severity <= (filter.maxSeverity ?? Infinity) &&
    TEXTS.every((name) => filter[name] === undefined || row[name] === filter[name]) &&
    isOfAgent(row, filter) &&
    hasAttributes(row, filter.attributes ?? {}) &&
    hasTerms(row.body, filter.terms ?? [])
  );
}

/** Whether a line is on the page that is asked for. */
export const isOnPage = (row: LogRow, { before, after }: LogQuery): boolean =>
  (before === undefined || compareCursors(row, before) < 0) &&
  (after === undefined || compareCursors(row, after) > 0);
