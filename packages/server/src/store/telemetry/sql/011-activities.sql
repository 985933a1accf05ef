-- What agents did, one row per span of theirs, with the agent, workflow and conversation that the whole trace gave it. A row is
-- written again when later spans of the trace show more; the latest version counts. The key is of numbers: readers merge by it.
-- shard: cityHash64(trace_id)
CREATE TABLE IF NOT EXISTS activities (
  tenant LowCardinality(String),
  ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  trace_key UInt64 CODEC(ZSTD(1)),
  span_key UInt64 CODEC(ZSTD(1)),
  version UInt64 CODEC(Delta(8), ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  agent LowCardinality(String) CODEC(ZSTD(1)),
  peer LowCardinality(String) CODEC(ZSTD(1)),
  agents Array(LowCardinality(String)) CODEC(ZSTD(1)),
  workflow String CODEC(ZSTD(1)),
  conversation String CODEC(ZSTD(1)),
  type LowCardinality(String) CODEC(ZSTD(1)),
  duration_us UInt64 CODEC(ZSTD(1)),
  failed UInt8 CODEC(ZSTD(1)),
  quality Float64 CODEC(ZSTD(1)),
  rounds UInt32 CODEC(T64, ZSTD(1)),
  input_tokens UInt64 CODEC(T64, ZSTD(1)),
  output_tokens UInt64 CODEC(T64, ZSTD(1)),
  cost_usd Float64 CODEC(ZSTD(1)),
  priced UInt8 CODEC(ZSTD(1)),
  INDEX ix_conversation conversation TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_workflow workflow TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(ts)
ORDER BY (tenant, toStartOfHour(ts), trace_key, span_key)
SETTINGS non_replicated_deduplication_window = 10000;
