-- Verify ratings:ratings on pg

BEGIN;

SELECT topic, partition, next_offset FROM consumer_offsets WHERE false;
SELECT user_id, movie_id, value, source, rated_at, event_id, revision FROM ratings WHERE false;
SELECT user_id, event_id, applied_at FROM applied_events WHERE false;
SELECT reason, count FROM dead_letter_counts WHERE false;

ROLLBACK;
