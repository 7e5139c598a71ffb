BEGIN;

DROP TABLE signing_keys;

COMMIT;
