-- Revert ratings:ratings from pg

BEGIN;

DROP TABLE dead_letter_counts;
DROP TABLE applied_events;
DROP TABLE ratings;
DROP TABLE consumer_offsets;

COMMIT;
