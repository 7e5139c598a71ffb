BEGIN;

ALTER TABLE sessions DROP COLUMN refreshed_at, DROP COLUMN network, DROP COLUMN user_agent;

COMMIT;
