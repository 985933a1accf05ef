/** Texts in UTF-8, one after the other: text i lies from `offsets[i]` to `offsets[i + 1]`. */
export interface PackedTexts {
  length: number;
  /** One more than there are texts. */
  offsets: Int32Array;
  bytes: Buffer;
}

/** A typed column of an insert. Int64 columns hold 64 bits; the SELECT of the insert says what they mean. */
export type InsertColumn =
  | { name: string; type: "Int64"; data: BigInt64Array }
  | { name: string; type: "Float64"; data: Float64Array }
  | { name: string; type: "String"; data: readonly string[] | PackedTexts };

export interface Insert {
  /** Table and its columns, e.g. `samples (tenant, id, ts, value)`. */
  into: string;
  /** Expressions over the columns' names, one per column of `into`. */
  select: string;
  /** Rows to take; all of them when left out. */
  where?: string;
  columns: readonly InsertColumn[];
  /** Bound as `{name:Type}` in `select`. */
  parameters: Readonly<Record<string, string>>;
  /** An insert with a token that was seen before changes nothing. */
  token: string;
}

export const whereOf = ({ where }: Insert): string =>
  where === undefined ? "" : ` WHERE ${where}`;

export interface QueryOptions {
  parameters?: Readonly<Record<string, string | number>>;
  /** Milliseconds after which the store gives up. */
  timeoutMs?: number;
}

/** Something that speaks ClickHouse SQL. Statement text is ours alone; what a user sends is bound, never put into it. */
export interface Driver {
  command(sql: string, parameters?: QueryOptions["parameters"]): Promise<void>;
  /** Rows as objects. 64-bit integers may come as numbers or strings: select ids with toString. */
  rows<T>(sql: string, options?: QueryOptions): Promise<T[]>;
  /** As `rows`, each as its values in the order of the columns: half as much to write and to read. */
  tuples(sql: string, options?: QueryOptions): Promise<unknown[][]>;
  /** The answer in ClickHouse's Native format. */
  native(sql: string, options?: QueryOptions): Promise<Uint8Array>;
  insert(insert: Insert): Promise<void>;
  close(): Promise<void>;
}

/** Limits of every query: a heavy one fails, the process lives. */
export const QUERY_LIMITS = {
  max_memory_usage: 2_000_000_000,
  max_result_bytes: 512_000_000,
  max_threads: 2,
} as const;

export const DEFAULT_QUERY_TIMEOUT_MS = 30_000;

/** An insert writes one block with one thread: a part per insert, and little memory. */
export const INSERT_SETTINGS = (token: string): string =>
  `insert_deduplicate = 1, insert_deduplication_token = '${token.replace(/[^a-zA-Z0-9._-]/g, "_")}', ` +
  "max_partitions_per_insert_block = 0, max_insert_threads = 1, max_threads = 1, " +
  "min_insert_block_size_rows = 0, min_insert_block_size_bytes = 0, max_block_size = 1048576";
