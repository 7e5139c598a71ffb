BEGIN;

DROP TABLE applied_events;
DROP TABLE ratings;
DROP TABLE consumer_offsets;

COMMIT;
