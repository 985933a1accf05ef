import type { SpanColumns } from "@fleetlight/contract";

import type { Matcher } from "#lib";

import type { SpanAnalytics } from "./analytics.ts";
import type { SpanBlock } from "./span-block.ts";

/** Something that happened within a span. */
export interface SpanEventRow {
  /** Unix nanoseconds, decimal: they are beyond what a number holds. */
  timeNs: string;
  name: string;
  attributes: Readonly<Record<string, string>>;
}

export interface SpanLinkRow {
  traceId: string;
  spanId: string;
  attributes: Readonly<Record<string, string>>;
}

/** A prompt, an answer, what a tool was given or gave back: an attribute that is long and private. */
export interface SpanContent {
  /** The attribute's name. */
  name: string;
  text: string;
  /** Whether the end was cut off. */
  truncated: boolean;
}

/** A span as it is kept; texts are empty and numbers 0 where it says nothing. */
export interface SpanRow {
  /** 32 and 16 hexadecimal digits, lower case; the parent's is empty on a root. */
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  service: string;
  /** The library that made it. */
  scope: string;
  name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
  statusMessage: string;
  /** Unix nanoseconds, decimal. */
  startNs: string;
  durationNs: number;
  /** False while it goes on: its duration is then how long it had lasted at the latest news. */
  ended: boolean;
  operation: string;
  agent: string;
  peer: string;
  workflow: string;
  task: string;
  conversation: string;
  user: string;
  provider: string;
  model: string;
  tool: string;
  toolCallId: string;
  errorType: string;
  inputTokens: number;
  outputTokens: number;
  /** Parts of the input tokens that were read from a cache, and written into one. */
  cachedTokens: number;
  cacheWriteTokens: number;
  /** Part of the output tokens. */
  reasoningTokens: number;
  /** In USD; 0 when nobody knows: see `costOf`. */
  costUsd: number;
  /** `reported` by the producer, the id of the price that it was computed with, or empty when nobody knows. */
  costSource: string;
  attributes: Readonly<Record<string, string>>;
  numbers: Readonly<Record<string, number>>;
  resource: Readonly<Record<string, string>>;
  events: readonly SpanEventRow[];
  links: readonly SpanLinkRow[];
}

/** A span on its way into the store, with what goes into the table of contents. */
export interface SpanRecord {
  row: SpanRow;
  content: readonly SpanContent[];
}

/** What a trace must have a span of. All that are given must be on one and the same span. */
export interface TraceQuery {
  startMs: number;
  endMs: number;
  service?: string | undefined;
  name?: string | undefined;
  operation?: string | undefined;
  agent?: string | undefined;
  tool?: string | undefined;
  model?: string | undefined;
  conversation?: string | undefined;
  workflow?: string | undefined;
  user?: string | undefined;
  /** 0 unset, 1 ok, 2 error. */
  status?: number | undefined;
  errorsOnly?: boolean | undefined;
  minDurationNs?: number | undefined;
  maxDurationNs?: number | undefined;
  /** Attributes of the span or of its resource, all of them. */
  attributes?: Readonly<Record<string, string>> | undefined;
  /** Further conditions on attributes; one that is not there is an empty text. */
  matchers?: readonly Matcher[] | undefined;
  /** Only these traces; at most some hundred. */
  traceIds?: readonly string[] | undefined;
  /** What the trace as a whole must be like; the span that matches may be any of it. */
  trace?: TraceConditions | undefined;
  limit: number;
}

/** Conditions on a whole trace, as far as it lies in the range of time. */
export interface TraceConditions {
  /** Of the root. */
  minDurationNs?: number | undefined;
  maxDurationNs?: number | undefined;
  /**
   * Least sums over all spans. Sums of agents and calls below them count twice here, so that a trace that is found may have
   * less; one that is not found has less for sure.
   */
  minCostUsd?: number | undefined;
  minTokens?: number | undefined;
  /** Newest when left out. Costliest goes by the same sums. */
  order?: "longest" | "costliest" | undefined;
}

/** A span without what is long; `host` is where its resource says that it ran. */
export type LeanRow = Omit<
  SpanRow,
  "attributes" | "numbers" | "resource" | "events" | "links" | "traceState" | "scope"
> & { host: string };

/** What lists are made of. */
export type ListedRow = Omit<LeanRow, "host" | "statusMessage">;

/** Where the next part of a trace begins: behind this span. */
export interface SpanCursor {
  startNs: string;
  spanId: string;
}

/** Trace ids that match, the newest first. */
export interface TraceHit {
  traceId: string;
  /** Of the newest span that matches, Unix milliseconds. */
  newestMs: number;
}

export interface SpanStore {
  /**
   * Resolves when durable and visible. The same span may come again: the one that has ended, or lasted longest, is shown.
   * `following` spans come in further pieces of the same request; there must be room for them, too.
   * @throws FleetlightError `overloaded` when the store is too far behind.
   */
  append(tenant: string, spans: readonly SpanRecord[], following?: number): Promise<void>;
  /** The spans of one trace, each once, by start; at most `limit` of them. */
  trace(tenant: string, traceId: string, limit: number): Promise<SpanRow[]>;
  /** Spans of many traces, each once. */
  traces(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]>;
  /** One part of a trace, by start and then by id. */
  lean(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<LeanRow[]>;
  /** The same as columns: of long traces they need a tenth of the memory and of the time. */
  columns(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<SpanColumns>;
  /**
   * Spans of many traces without what is long, each once, by start. Of a trace with more than `perTrace` spans come so many
   * or up to twice as many, whichever they are.
   */
  leanOf(
    tenant: string,
    traceIds: readonly string[],
    limit: number,
    perTrace?: number,
  ): Promise<ListedRow[]>;
  span(tenant: string, traceId: string, spanId: string): Promise<SpanRow | undefined>;
  /**
   * Traces with a content in which all words stand, whatever their capitals, the newest first. It looks back in time until
   * it has found enough or `deadlineMs` (as `performance.now()` counts) has come: then `searchedFromMs` says how far.
   */
  searchText(
    tenant: string,
    words: readonly string[],
    range: { startMs: number; endMs: number },
    limit: number,
    deadlineMs: number,
  ): Promise<{ traceIds: string[]; searchedFromMs: number }>;
  /** Counts over many spans. */
  readonly analytics: SpanAnalytics;
  /** Contents of one trace by span id; with a span's id only its own. */
  content(
    tenant: string,
    traceId: string,
    spanId?: string,
  ): Promise<ReadonlyMap<string, readonly SpanContent[]>>;
  /**
   * Of a question about whole traces the answer may have a few that do not satisfy it, or more than its limit: what waits for
   * its insert is not summed up. Who asks looks at the traces themselves.
   */
  find(tenant: string, query: TraceQuery): Promise<TraceHit[]>;
  /** Services with spans in the range, and the names of their spans. */
  names(
    tenant: string,
    range: { startMs: number; endMs: number },
  ): Promise<{ service: string; name: string; kind: number }[]>;
  /** Listeners hear of spans that cannot be refused any more, while the log is written; where traces are sampled, after that. */
  onSpans(listener: SpanListener): () => void;
}

/** @param block the same spans in the same order, where they lie together already: who remembers many of them may refer to it */
export type SpanListener = (
  tenant: string,
  spans: readonly SpanRecord[],
  block?: SpanBlock,
) => void;
