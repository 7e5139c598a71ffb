-- Erasures (docs/adr/0608): who asked to be no more, who has confirmed it, and what auth itself has to erase again after its
-- database was restored.
BEGIN;

CREATE TABLE erasures (
  user_id      bigint      PRIMARY KEY,
  -- Two random UUIDs: 244 bits that nobody guesses. Whoever has it may see how far the erasure is.
  erasure_id   text        NOT NULL UNIQUE DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  requested_by bigint,       -- whose account did so, their own or an administrator's; null: somebody by hand
  published_at timestamptz,  -- when Kafka had it last
  completed_at timestamptz   -- when all had confirmed
);
CREATE INDEX erasures_pending ON erasures (requested_at) WHERE completed_at IS NULL;
CREATE INDEX erasures_by_time ON erasures (requested_at, user_id);

-- Without a reference to erasures: in a restored database a receipt may come first.
CREATE TABLE erasure_receipts (
  user_id      bigint      NOT NULL,
  service      text        NOT NULL,
  confirmed_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, service)
);

-- A trigger, so that no writer forgets: the version of before, while both run in an upgrade, and people who mend by hand.
CREATE FUNCTION note_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO erasures (user_id) VALUES (OLD.user_id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_erased AFTER DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION note_erasure();

CREATE TABLE consumer_offsets (
  topic              text    NOT NULL,
  partition          integer NOT NULL CHECK (partition >= 0),
  next_offset        bigint  NOT NULL CHECK (next_offset >= 0),  -- the first not yet applied
  record_offset      bigint,                      -- next_offset - 1, when the fingerprint was stored with it
  record_fingerprint bigint,                      -- of the record there: by it the log is known (docs/adr/0201)
  lost_events        bigint  NOT NULL DEFAULT 0,  -- deleted by Kafka before they were applied
  lost_at            timestamptz,                 -- the last time
  other_logs         bigint  NOT NULL DEFAULT 0,  -- how often the partition was another log than was applied
  other_log_at       timestamptz,                 -- the last time
  PRIMARY KEY (topic, partition),
  CONSTRAINT consumer_offsets_record CHECK ((record_offset IS NULL) = (record_fingerprint IS NULL))
);

CREATE TABLE erased_users (
  user_id      bigint      PRIMARY KEY,
  erasure_id   text        NOT NULL,
  requested_at timestamptz NOT NULL,
  erased_at    timestamptz,  -- when what was kept of them was deleted
  confirmed_at timestamptz   -- when Kafka had the receipt
);
CREATE INDEX erased_users_unconfirmed ON erased_users (requested_at) WHERE confirmed_at IS NULL;

COMMIT;
