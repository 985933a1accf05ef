-- Contents again, in an order in which they repeat themselves: by hour, conversation and time. Every turn of a conversation has all
-- that was said before it, and takes a fiftieth when it lies behind the turn before; where a span names no conversation, its trace is
-- one. Rows with a `seq` were said in log lines of that number. What span_content has is read until it is too old. shard: cityHash64(talk)
CREATE TABLE IF NOT EXISTS contents (
  tenant LowCardinality(String),
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  seq UInt64 CODEC(ZSTD(1)),
  talk String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  content String CODEC(ZSTD(3)),
  INDEX ix_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_ts ts TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (tenant, toStartOfHour(ts), talk, ts)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity_bytes = 4194304, min_compress_block_size = 1048576, max_compress_block_size = 4194304;
