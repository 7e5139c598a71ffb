BEGIN;

ALTER TABLE reviews DROP COLUMN operation_id;
DROP TABLE idempotency_keys;

COMMIT;
