BEGIN;

DROP TABLE provider_requests;
DROP TABLE identities;
-- Accounts without a password stay: a link by mail gives them one. A hash of nothing, which no password has.
UPDATE accounts SET password_hash = '$argon2id$none' WHERE password_hash IS NULL;
ALTER TABLE accounts ALTER COLUMN password_hash SET NOT NULL;

COMMIT;
