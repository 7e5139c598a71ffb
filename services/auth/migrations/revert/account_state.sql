BEGIN;

DROP TRIGGER session_ended ON sessions;
DROP FUNCTION note_ended_session();
DROP TRIGGER roles_changed ON accounts;
DROP TABLE account_state_outbox;

CREATE OR REPLACE FUNCTION note_changed_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_outbox (user_id, deleted, roles)
  VALUES (OLD.user_id, TG_OP = 'DELETE', CASE TG_OP WHEN 'DELETE' THEN '{}' ELSE NEW.roles END);
  RETURN NULL;
END $$;
CREATE TRIGGER roles_changed AFTER UPDATE OF roles ON accounts
  FOR EACH ROW WHEN (OLD.roles IS DISTINCT FROM NEW.roles) EXECUTE FUNCTION note_changed_person();

-- Whoever was disabled can sign in again: there is nothing left to say it by.
ALTER TABLE accounts DROP COLUMN disabled;

COMMIT;
