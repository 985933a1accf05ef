-- When the spans of each trace began: whoever knows a trace's id reads a few granules of `spans` and `span_content` instead of what
-- all of them say of theirs. By month, so that an id is looked up in few parts; what is left of spans that are gone does no harm. The key
-- is a number, half the size of an id: of two traces with one number only more is read. shard: trace_key
CREATE TABLE IF NOT EXISTS trace_times (
  tenant LowCardinality(String),
  trace_key UInt64 CODEC(ZSTD(1)),
  first SimpleAggregateFunction(min, DateTime('UTC')) CODEC(ZSTD(1)),
  ts SimpleAggregateFunction(max, DateTime('UTC')) CODEC(ZSTD(1))
) ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, trace_key)
SETTINGS index_granularity = 1024, allow_dimensions_outside_sorting_key = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_times_of_spans TO trace_times AS
SELECT tenant, cityHash64(trace_id) AS trace_key, toDateTime(min(spans.ts), 'UTC') AS first, toDateTime(max(spans.ts), 'UTC') AS ts
FROM spans GROUP BY tenant, trace_key, toYYYYMM(spans.ts);

-- Spans of before. Again it would change nothing.
INSERT INTO trace_times
SELECT tenant, cityHash64(trace_id) AS trace_key, toDateTime(min(spans.ts), 'UTC') AS first, toDateTime(max(spans.ts), 'UTC') AS ts
FROM spans GROUP BY tenant, trace_key, toYYYYMM(spans.ts) SETTINGS max_bytes_before_external_group_by = 500000000;
