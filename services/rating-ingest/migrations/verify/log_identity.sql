BEGIN;

SELECT record_offset, record_fingerprint, lost_events, lost_at, other_logs, other_log_at FROM consumer_offsets WHERE false;

ROLLBACK;
