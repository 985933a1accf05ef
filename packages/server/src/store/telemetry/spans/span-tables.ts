import type { SpanContent, SpanRecord, SpanRow, TraceHit, TraceQuery } from "./types.ts";

/** A content as the tables give it back. */
export interface StoredContent {
  spanId: string;
  content: readonly SpanContent[];
}

/** What the store of spans needs of an adapter; inserts carry tokens as in `Tables`. */
export interface SpanTables {
  insert(tenant: string, spans: readonly SpanRecord[], token: string): Promise<void>;
  /** Doubles are possible; in no order. */
  read(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]>;
  readContent(tenant: string, traceId: string): Promise<StoredContent[]>;
  /** The newest first, each once. */
  find(tenant: string, query: TraceQuery): Promise<TraceHit[]>;
  names(
    tenant: string,
    range: { startMs: number; endMs: number },
    limit: number,
  ): Promise<{ service: string; name: string; kind: number }[]>;
}
