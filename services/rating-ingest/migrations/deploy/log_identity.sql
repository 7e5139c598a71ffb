-- A stored offset belongs to one log: the record before it tells which (docs/adr/0201).
BEGIN;

-- The version of before may run beside this one for a moment, and moves next_offset on alone: so the fingerprint says
-- for which offset it holds. What was stored until now has none: the next batch brings one.
ALTER TABLE consumer_offsets
  ADD COLUMN record_offset      bigint,                    -- next_offset - 1, when the fingerprint was stored with it
  ADD COLUMN record_fingerprint bigint,                    -- of the record there
  ADD COLUMN lost_events        bigint NOT NULL DEFAULT 0, -- deleted by Kafka before they were applied
  ADD COLUMN lost_at            timestamptz,               -- the last time
  ADD COLUMN other_logs         bigint NOT NULL DEFAULT 0, -- how often the partition was another log than was applied
  ADD COLUMN other_log_at       timestamptz,               -- the last time
  ADD CONSTRAINT consumer_offsets_record CHECK ((record_offset IS NULL) = (record_fingerprint IS NULL));

COMMIT;
