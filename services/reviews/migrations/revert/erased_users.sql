BEGIN;

DROP TABLE erased_users;
DROP TABLE consumer_offsets;

COMMIT;
