-- Who was deleted or given other roles, and isn't in marquee.people.v1 yet (docs/adr/0601).
BEGIN;

CREATE TABLE person_outbox (
  change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted    boolean NOT NULL,
  roles      text[] NOT NULL
);

-- Triggers, so that no writer forgets: the version of before, while both run in an upgrade, and people who mend by hand.
CREATE FUNCTION note_changed_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_outbox (user_id, deleted, roles)
  VALUES (OLD.user_id, TG_OP = 'DELETE', CASE TG_OP WHEN 'DELETE' THEN '{}' ELSE NEW.roles END);
  RETURN NULL;
END $$;

CREATE TRIGGER accounts_deleted AFTER DELETE ON accounts
  FOR EACH ROW EXECUTE FUNCTION note_changed_person();
CREATE TRIGGER roles_changed AFTER UPDATE OF roles ON accounts
  FOR EACH ROW WHEN (OLD.roles IS DISTINCT FROM NEW.roles) EXECUTE FUNCTION note_changed_person();

COMMIT;
