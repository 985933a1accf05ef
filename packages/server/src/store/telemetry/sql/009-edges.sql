-- Who reached whom, by minute. A row holds all that its part counted of one edge in one minute; a later version of it replaces it, so
-- that writing a minute again doubles nothing. Durations are counted by powers of 2^(1/4) nanoseconds. shard: cityHash64(source)
CREATE TABLE IF NOT EXISTS edges_1m (
  tenant LowCardinality(String),
  ts DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  part UInt64 CODEC(ZSTD(1)),
  version UInt64 CODEC(ZSTD(1)),
  service LowCardinality(String) CODEC(ZSTD(1)),
  source_kind LowCardinality(String) CODEC(ZSTD(1)),
  source LowCardinality(String) CODEC(ZSTD(1)),
  target_kind LowCardinality(String) CODEC(ZSTD(1)),
  target LowCardinality(String) CODEC(ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  calls UInt64 CODEC(T64, ZSTD(1)),
  errors UInt64 CODEC(T64, ZSTD(1)),
  duration_ns UInt64 CODEC(ZSTD(1)),
  input_tokens UInt64 CODEC(T64, ZSTD(1)),
  output_tokens UInt64 CODEC(T64, ZSTD(1)),
  cost_usd Float64 CODEC(ZSTD(1)),
  bucket_indexes Array(Int16) CODEC(ZSTD(1)),
  bucket_counts Array(UInt64) CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(ts)
ORDER BY (tenant, ts, source_kind, source, target_kind, target, kind, service, part)
SETTINGS non_replicated_deduplication_window = 10000;
