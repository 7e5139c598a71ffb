BEGIN;

SELECT topic, partition, next_offset FROM consumer_offsets WHERE false;
SELECT user_id, movie_id, value, source, rated_at, event_id, revision FROM ratings WHERE false;
SELECT user_id, event_id, applied_at FROM applied_events WHERE false;

ROLLBACK;
