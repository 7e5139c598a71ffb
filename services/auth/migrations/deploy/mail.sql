-- Links by mail (docs/adr/0606).
BEGIN;

ALTER TABLE accounts
  ADD COLUMN email_verified  boolean NOT NULL DEFAULT false,
  ADD COLUMN proved_network  text CHECK (length(proved_network) <= 64);  -- from where a link for a password came back last

-- What waits to be sent: no text, no token. A link is made when its mail's turn comes.
CREATE TABLE mail_outbox (
  mail_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purpose    text        NOT NULL CHECK (purpose IN ('reset_password', 'verify_email')),
  email      text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  user_id    bigint      REFERENCES accounts ON DELETE CASCADE,  -- null: whoever's address it is, if it is anybody's
  attempts   integer     NOT NULL DEFAULT 0,
  due_at     timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX mail_outbox_by_due_at ON mail_outbox (due_at);

-- The tokens themselves are nowhere: only their SHA-256.
CREATE TABLE mail_links (
  token_hash bytea       PRIMARY KEY CHECK (length(token_hash) = 32),
  user_id    bigint      NOT NULL CONSTRAINT mail_links_of_account REFERENCES accounts ON DELETE CASCADE,
  purpose    text        NOT NULL CHECK (purpose IN ('reset_password', 'verify_email')),
  email      text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  expires_at timestamptz NOT NULL,
  UNIQUE (user_id, purpose)  -- a new one voids the one before
);
CREATE INDEX mail_links_by_expiry ON mail_links (expires_at);

COMMIT;
