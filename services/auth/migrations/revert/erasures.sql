BEGIN;

DROP TABLE erased_users;
DROP TABLE consumer_offsets;
DROP TRIGGER accounts_erased ON accounts;
DROP FUNCTION note_erasure;
DROP TABLE erasure_receipts;
DROP TABLE erasures;

COMMIT;
