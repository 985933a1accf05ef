import type { SpanColumns } from "@fleetlight/contract";

import type { SpanAnalytics } from "./analytics.ts";
import type { SpanBlock } from "./span-block.ts";
import type {
  LeanRow,
  ListedRow,
  SpanContent,
  SpanCursor,
  SpanRow,
  TraceHit,
  TraceQuery,
} from "./types.ts";

/** A content as the tables give it back. */
export interface StoredContent {
  spanId: string;
  content: readonly SpanContent[];
  /** Of the log line that said it; 0 for what the span itself has. */
  seq: number;
  /** Of the line, or of the span's beginning: Unix nanoseconds. */
  timeNs: string;
}

/** What the store of spans needs of an adapter; inserts carry tokens as in `Tables`. */
export interface SpanTables {
  insert(tenant: string, blocks: readonly SpanBlock[], token: string): Promise<void>;
  /** Doubles are possible; in no order. */
  read(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]>;
  /** Contents of spans, and what log lines said of them; in no order. */
  readContent(
    tenant: string,
    traceId: string,
    spanId: string | undefined,
  ): Promise<StoredContent[]>;
  /** All deliveries of one span. */
  readSpan(tenant: string, traceId: string, spanId: string): Promise<SpanRow[]>;
  /** By start and then by id, each once, behind `after`. */
  lean(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<LeanRow[]>;
  /** The same as columns. */
  columns(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<SpanColumns>;
  /** Doubles are possible; in no order. */
  leanOf(
    tenant: string,
    traceIds: readonly string[],
    limit: number,
    perTrace: number,
  ): Promise<ListedRow[]>;
  /** Traces with a content in which all words stand, the newest first. */
  searchText(
    tenant: string,
    words: readonly string[],
    range: { startMs: number; endMs: number },
    limit: number,
  ): Promise<string[]>;
  readonly analytics: SpanAnalytics;
  /** The newest first, each once. */
  find(tenant: string, query: TraceQuery): Promise<TraceHit[]>;
  names(
    tenant: string,
    range: { startMs: number; endMs: number },
    limit: number,
  ): Promise<{ service: string; name: string; kind: number }[]>;
}
