-- Where the cost of a span comes from: `reported`, the id of a price, or empty when nobody knows; and tokens with a price of their own.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS cost_source LowCardinality(String) CODEC(ZSTD(1));

ALTER TABLE spans ADD COLUMN IF NOT EXISTS cache_write_tokens UInt64 CODEC(T64, ZSTD(1));
