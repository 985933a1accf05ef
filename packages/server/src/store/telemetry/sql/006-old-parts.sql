-- Parts that were merged into a larger one are kept for eight minutes by default, in case that the larger one never reached the
-- disk: under steady load that is as much again as the data. Here a merged part is flushed to the disk before it counts, and what
-- it replaces goes after seconds.
ALTER TABLE samples MODIFY SETTING min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1, old_parts_lifetime = 10, cleanup_delay_period = 5, cleanup_delay_period_random_add = 2, max_cleanup_delay_period = 15;

ALTER TABLE rollups_5m MODIFY SETTING min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1, old_parts_lifetime = 10, cleanup_delay_period = 5, cleanup_delay_period_random_add = 2, max_cleanup_delay_period = 15;

ALTER TABLE rollups_1h MODIFY SETTING min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1, old_parts_lifetime = 10, cleanup_delay_period = 5, cleanup_delay_period_random_add = 2, max_cleanup_delay_period = 15;
