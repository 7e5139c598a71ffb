BEGIN;

ALTER TABLE consumer_offsets
  DROP CONSTRAINT consumer_offsets_record,
  DROP COLUMN record_offset,
  DROP COLUMN record_fingerprint,
  DROP COLUMN lost_events,
  DROP COLUMN lost_at,
  DROP COLUMN other_logs,
  DROP COLUMN other_log_at;

COMMIT;
