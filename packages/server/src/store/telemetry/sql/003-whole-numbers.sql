-- Most samples are whole numbers. As integers their steps are small and pack into few bits, which halves what they take and what
-- reading them costs; `value` has the others, and 0 for those that are in `whole`. Rows of before have 0 in `whole`.
ALTER TABLE samples ADD COLUMN IF NOT EXISTS whole Int64 DEFAULT 0 CODEC(Delta(8), T64, ZSTD(1));

-- Times of many series are alike; compressed in larger pieces they take half.
ALTER TABLE samples MODIFY SETTING min_compress_block_size = 262144;
