BEGIN;

ALTER TABLE movies DROP COLUMN operation_id;
DROP TABLE idempotency_keys;

COMMIT;
