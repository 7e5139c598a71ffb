BEGIN;

DROP TABLE refresh_tokens;
DROP TABLE sessions;

COMMIT;
