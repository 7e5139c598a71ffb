-- Wrong passwords and codes of late, by account or network (docs/adr/0605). What has drained is deleted once a minute. There
-- are rows for addresses that have no account as for those that have: no foreign key.
BEGIN;

CREATE TABLE guesses (
  key        bytea            PRIMARY KEY CHECK (length(key) = 32),  -- a SHA-256
  level      double precision NOT NULL CHECK (level >= 0),           -- those that still counted at `counted_at`
  counted_at timestamptz      NOT NULL,
  retry_at   timestamptz      NOT NULL,
  drained_at timestamptz      NOT NULL
);
CREATE INDEX guesses_by_drained_at ON guesses (drained_at);

COMMIT;
