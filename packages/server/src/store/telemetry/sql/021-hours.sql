-- The graph and the figures of agents by the hour, so that a day is answered from 24 hours instead of all that happened. Which rows of
-- an hour count is said by figure_hours: those with the version that it names. Hours that it does not name, or names with version 0, are
-- read from edges_1m and activities.
CREATE TABLE IF NOT EXISTS figure_hours (
  tenant LowCardinality(String),
  figures LowCardinality(String),
  ts DateTime('UTC'),
  version UInt64,
  change UInt64
) ENGINE = ReplacingMergeTree(change)
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, figures, ts)
SETTINGS non_replicated_deduplication_window = 10000;

-- Sums of edges_1m. shard: cityHash64(source)
CREATE TABLE IF NOT EXISTS edges_1h (
  tenant LowCardinality(String),
  ts DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
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
) ENGINE = MergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, ts, version)
SETTINGS non_replicated_deduplication_window = 10000;

-- Activities by who took part (`part` is `one`), and all together, each once (`all`). Of tasks and runs every begin and duration is kept,
-- so that percentiles stay exact; `time` has the times at which somebody worked or dealt with others, overlaps joined. shard: cityHash64(name)
CREATE TABLE IF NOT EXISTS activities_1h (
  tenant LowCardinality(String),
  ts DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  version UInt64 CODEC(ZSTD(1)),
  part LowCardinality(String) CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  agent String CODEC(ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  n UInt64 CODEC(T64, ZSTD(1)),
  failures UInt64 CODEC(T64, ZSTD(1)),
  qualities Float64 CODEC(ZSTD(1)),
  rated UInt64 CODEC(T64, ZSTD(1)),
  cycles UInt64 CODEC(T64, ZSTD(1)),
  lasted UInt64 CODEC(ZSTD(1)),
  begins Array(Int64) CODEC(Delta(8), ZSTD(1)),
  durations Array(UInt64) CODEC(T64, ZSTD(1)),
  tokens_in UInt64 CODEC(T64, ZSTD(1)),
  tokens_out UInt64 CODEC(T64, ZSTD(1)),
  cost Float64 CODEC(ZSTD(1)),
  with_price UInt64 CODEC(T64, ZSTD(1)),
  latest Int64 CODEC(ZSTD(1)),
  label String CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, ts, version, part, name)
SETTINGS non_replicated_deduplication_window = 10000;
