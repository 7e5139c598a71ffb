BEGIN;

SELECT topic, partition, next_offset, record_offset, record_fingerprint FROM consumer_offsets WHERE false;
SELECT user_id, erasure_id, requested_at, erased_at, confirmed_at FROM erased_users WHERE false;

ROLLBACK;
