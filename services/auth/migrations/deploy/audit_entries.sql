BEGIN;

-- No reference to accounts: who was deleted stays named by their number, until the entries are forgotten.
CREATE TABLE audit_entries (
  entry_number  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at            timestamptz NOT NULL,
  action        text        NOT NULL,
  code          text        NOT NULL,
  reason        text        NOT NULL,
  actor         text        NOT NULL,
  api_key_id    text        NOT NULL,
  client_id     text        NOT NULL,  -- no reference: an application that was removed stays named
  about_user_id bigint      NOT NULL,
  address       text        NOT NULL,
  user_agent    text        NOT NULL,
  trace_id      text        NOT NULL
);
CREATE INDEX audit_entries_by_age ON audit_entries (at);
CREATE INDEX audit_entries_by_subject ON audit_entries (about_user_id, entry_number) WHERE about_user_id <> 0;
CREATE INDEX audit_entries_by_actor ON audit_entries (actor, entry_number) WHERE actor <> '';

-- Append only, also for auth itself: a log that its writer can rewrite proves nothing. What is older than 30 days may be
-- forgotten; for how long it is kept beyond that is auth's configuration.
CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '30 days' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit log is append only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_stay();
CREATE TRIGGER audit_entries_stay_all BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay();

COMMIT;
