-- Accounts that an administrator disabled, and what the other services are told of them and of sessions that end
-- (docs/adr/0603).
BEGIN;

ALTER TABLE accounts ADD COLUMN disabled boolean NOT NULL DEFAULT false;

-- A table beside person_outbox: the version of before, which may go on publishing from that while both run in an upgrade,
-- would leave out half of what is said here.
CREATE TABLE account_state_outbox (
  change_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint      NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  disabled   boolean     NOT NULL,
  roles      text[]      NOT NULL,
  session_id text        CHECK (length(session_id) BETWEEN 1 AND 64)  -- that ended; null: it is about the account
);

-- Deletions, and roles of accounts that are and were enabled, go where they went.
CREATE OR REPLACE FUNCTION note_changed_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO person_outbox (user_id, deleted, roles) VALUES (OLD.user_id, true, '{}');
  ELSIF OLD.disabled OR NEW.disabled THEN
    INSERT INTO account_state_outbox (user_id, disabled, roles)
    VALUES (NEW.user_id, NEW.disabled, CASE WHEN NEW.disabled THEN '{}' ELSE NEW.roles END);
  ELSE
    INSERT INTO person_outbox (user_id, deleted, roles) VALUES (NEW.user_id, false, NEW.roles);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION note_ended_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_state_outbox (user_id, disabled, roles, session_id)
  VALUES (NEW.user_id, false, '{}', NEW.session_id);
  RETURN NULL;
END $$;

DROP TRIGGER roles_changed ON accounts;
CREATE TRIGGER roles_changed AFTER UPDATE OF roles, disabled ON accounts
  FOR EACH ROW WHEN (OLD.roles IS DISTINCT FROM NEW.roles OR OLD.disabled IS DISTINCT FROM NEW.disabled)
  EXECUTE FUNCTION note_changed_person();
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON sessions
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_ended_session();

COMMIT;
