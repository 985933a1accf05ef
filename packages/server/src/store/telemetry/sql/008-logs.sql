-- Log lines by minute and service: lines that look alike lie together, and the newest ones at the end. `seq` numbers lines in
-- the order in which they were taken, so that pages have no gaps among lines of one moment. shard: rand()
CREATE TABLE IF NOT EXISTS logs (
  tenant LowCardinality(String),
  ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  seq UInt64 CODEC(Delta(8), ZSTD(1)),
  service LowCardinality(String) CODEC(ZSTD(1)),
  scope LowCardinality(String) CODEC(ZSTD(1)),
  severity UInt8 CODEC(ZSTD(1)),
  severity_text LowCardinality(String) CODEC(ZSTD(1)),
  event LowCardinality(String) CODEC(ZSTD(1)),
  body String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  agent LowCardinality(String) CODEC(ZSTD(1)),
  workflow String CODEC(ZSTD(1)),
  task String CODEC(ZSTD(1)),
  conversation String CODEC(ZSTD(1)),
  attrs Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  INDEX ix_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ix_ts ts TYPE minmax GRANULARITY 1,
  INDEX ix_attrs arrayConcat(mapValues(attrs), mapValues(resource)) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX ix_body lowerUTF8(body) TYPE text(tokenizer = 'splitByNonAlpha')
) ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (tenant, toStartOfMinute(ts), service, ts)
SETTINGS non_replicated_deduplication_window = 10000;
