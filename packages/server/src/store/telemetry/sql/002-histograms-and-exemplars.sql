-- Native histograms beside their markers in `samples`, encoded by @fleetlight/promql. shard: id
CREATE TABLE IF NOT EXISTS histograms (
  tenant LowCardinality(String),
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  data String CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (tenant, toStartOfInterval(ts, toIntervalHour(2)), id, ts)
SETTINGS non_replicated_deduplication_window = 10000;

-- Samples that point to traces. shard: id
CREATE TABLE IF NOT EXISTS exemplars (
  tenant LowCardinality(String),
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  value Float64 CODEC(Delta(8), ZSTD(1)),
  labels Map(LowCardinality(String), String) CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (tenant, id, ts)
SETTINGS non_replicated_deduplication_window = 10000;
