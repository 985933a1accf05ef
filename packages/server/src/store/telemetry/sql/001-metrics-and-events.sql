-- Statements are separated by a semicolon and an empty line. On a cluster the engines become Replicated* and each
-- table gets a Distributed twin; queries and inserts keep the plain names.

-- A series' id is 16 bits of its metric name's hash and 48 bits of its labels' hash: series of one metric lie together.
-- Rows are written when a series is new and once a day while it lives. shard: id
CREATE TABLE IF NOT EXISTS series (
  tenant LowCardinality(String),
  metric LowCardinality(String),
  id UInt64,
  labels Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = AggregatingMergeTree
ORDER BY (tenant, metric, id)
SETTINGS allow_dimensions_outside_sorting_key = 1, non_replicated_deduplication_window = 10000;

-- Two-hour buckets first: one hour of a series is read without touching the rest of its day. shard: id
CREATE TABLE IF NOT EXISTS samples (
  tenant LowCardinality(String),
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  value Float64 CODEC(Delta(8), ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (tenant, toStartOfInterval(ts, toIntervalHour(2)), id, ts)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS metric_metadata (
  tenant LowCardinality(String),
  metric String,
  type LowCardinality(String),
  unit LowCardinality(String),
  help String CODEC(ZSTD(1)),
  updated_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (tenant, metric)
SETTINGS non_replicated_deduplication_window = 10000;

-- Life-cycle and business events; a repeated delivery has the same event_id and becomes one row. shard: rand()
CREATE TABLE IF NOT EXISTS events (
  tenant LowCardinality(String),
  ts DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  type LowCardinality(String),
  event_id UUID,
  service LowCardinality(String),
  attrs Map(LowCardinality(String), String) CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, toStartOfHour(ts), type, ts, event_id)
SETTINGS non_replicated_deduplication_window = 10000;
