-- What is known of the samples of each bucket (ts - 5 minutes, ts], see rollup-columns.ts. `first` is the number itself where the
-- flags say that all are whole, else its bits; the other values are kept as differences from it or from the last one, which for
-- most series are small or 0. A bucket that is filled again replaces the one before. shard: id
CREATE TABLE IF NOT EXISTS rollups_5m (
  tenant LowCardinality(String),
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  flags UInt8 CODEC(ZSTD(1)),
  count UInt32 CODEC(ZSTD(1)),
  first_offset UInt32 CODEC(Delta(4), ZSTD(1)),
  last_offset UInt32 CODEC(Delta(4), ZSTD(1)),
  first Int64 CODEC(Delta(8), ZSTD(1)),
  last Int64 CODEC(ZSTD(1)),
  low Int64 CODEC(ZSTD(1)),
  high Int64 CODEC(ZSTD(1)),
  sum Int64 CODEC(ZSTD(1)),
  lost Int64 CODEC(ZSTD(1)),
  resets UInt32 CODEC(ZSTD(1)),
  changes UInt32 CODEC(ZSTD(1)),
  version UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, id, ts)
SETTINGS non_replicated_deduplication_window = 10000;

-- The same by the hour.
CREATE TABLE IF NOT EXISTS rollups_1h (
  tenant LowCardinality(String),
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  flags UInt8 CODEC(ZSTD(1)),
  count UInt32 CODEC(ZSTD(1)),
  first_offset UInt32 CODEC(Delta(4), ZSTD(1)),
  last_offset UInt32 CODEC(Delta(4), ZSTD(1)),
  first Int64 CODEC(Delta(8), ZSTD(1)),
  last Int64 CODEC(ZSTD(1)),
  low Int64 CODEC(ZSTD(1)),
  high Int64 CODEC(ZSTD(1)),
  sum Int64 CODEC(ZSTD(1)),
  lost Int64 CODEC(ZSTD(1)),
  resets UInt32 CODEC(ZSTD(1)),
  changes UInt32 CODEC(ZSTD(1)),
  version UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, id, ts)
SETTINGS non_replicated_deduplication_window = 10000;

-- Which hours of a tenant are filled (state 1), or were and have got samples since (state 0). The row of the empty tenant (state 2)
-- is the hour before which every hour was looked at.
CREATE TABLE IF NOT EXISTS rollup_hours (
  tenant LowCardinality(String),
  ts DateTime64(3, 'UTC'),
  state UInt8,
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, ts)
SETTINGS non_replicated_deduplication_window = 10000;
