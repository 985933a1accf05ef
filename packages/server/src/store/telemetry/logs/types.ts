import type { SpanContent } from "../spans/index.ts";

/** A log line on its way into the store; texts are empty and the severity 0 where it says nothing. */
export interface LogLine {
  /** Unix nanoseconds, decimal: they are beyond what a number holds. */
  timeNs: string;
  service: string;
  /** The library or logger that wrote it. */
  scope: string;
  /** OpenTelemetry's severity number, 0 to 24. */
  severity: number;
  /** The sender's own word for it. */
  severityText: string;
  /** Name of the kind of event; empty on an ordinary line. */
  event: string;
  body: string;
  /** 32 and 16 hexadecimal digits, lower case; empty when it belongs to no span. */
  traceId: string;
  spanId: string;
  agent: string;
  workflow: string;
  task: string;
  conversation: string;
  attributes: Readonly<Record<string, string>>;
  resource: Readonly<Record<string, string>>;
  /** Prompts and answers that it tells of its span; they are kept with those of spans. */
  content?: readonly SpanContent[] | undefined;
}

/** A place among the lines of all times: `seq` orders those of one moment. */
export interface LogCursor {
  timeNs: string;
  seq: number;
}

/** A log line as it is kept. */
export interface LogRow extends LogLine, LogCursor {}

/** A word or phrase that a line's text must have, or must not. */
export interface LogTerm {
  /** Lower case. */
  text: string;
  /** The words in it, which the index knows. */
  words: readonly string[];
  negated: boolean;
}

/** What lines must be like; all that is given must hold. */
export interface LogFilter {
  startMs: number;
  endMs: number;
  service?: string | undefined;
  /** Least severity number. */
  minSeverity?: number | undefined;
  /** Greatest severity number. */
  maxSeverity?: number | undefined;
  agent?: string | undefined;
  /** Ids of spans of that agent: lines of these are meant as well. */
  agentSpans?: ReadonlySet<string> | undefined;
  event?: string | undefined;
  traceId?: string | undefined;
  spanId?: string | undefined;
  /** Attributes of the line or of its resource. */
  attributes?: Readonly<Record<string, string>> | undefined;
  terms?: readonly LogTerm[] | undefined;
}

export interface LogQuery extends LogFilter {
  limit: number;
  /** Only lines before this one: the next page. */
  before?: LogCursor | undefined;
  /** Only lines after this one, those next to it first; the answer is newest first all the same. */
  after?: LogCursor | undefined;
}

/** Lines of one level in one step of time. */
export interface LogCount {
  startMs: number;
  /** 0 unspecified, 1 trace, 2 debug, 3 info, 4 warn, 5 error, 6 fatal. */
  level: number;
  count: number;
}

/** What lines of a range have, for completion: the most frequent first. */
export interface LogNames {
  services: string[];
  agents: string[];
  events: string[];
  attributes: string[];
}

export interface LogStore {
  /**
   * Resolves when durable and visible. `following` lines of the same request come in further calls: what does not fit as
   * a whole is refused at its beginning.
   * @throws FleetlightError `overloaded` when the store is too far behind.
   */
  append(tenant: string, lines: readonly LogLine[], following?: number): Promise<void>;
  /** Newest first. */
  find(tenant: string, query: LogQuery): Promise<LogRow[]>;
  /** Counts by steps that begin at multiples of `stepMs`; steps without lines are left out. */
  counts(tenant: string, filter: LogFilter, stepMs: number): Promise<LogCount[]>;
  names(tenant: string, filter: LogFilter): Promise<LogNames>;
  /** Values of an attribute, the most frequent first. */
  values(tenant: string, filter: LogFilter, attribute: string): Promise<string[]>;
  /** Listeners must not throw, and must not take long. */
  onLogs(listener: (tenant: string, lines: readonly LogRow[]) => void): () => void;
}
