-- For the list of one's sessions. Null where the version of before began one, while both run in an upgrade.
BEGIN;

ALTER TABLE sessions
  ADD COLUMN refreshed_at timestamptz,
  ADD COLUMN network      text CHECK (length(network) <= 64),
  ADD COLUMN user_agent   text CHECK (length(user_agent) <= 200);

COMMIT;
