BEGIN;

CREATE TABLE sessions (
  session_id uuid        PRIMARY KEY,
  user_id    bigint      NOT NULL CONSTRAINT sessions_of_account REFERENCES accounts ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,  -- moves on with each refresh
  ended_at   timestamptz            -- by logout, a password change, or a reused token
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The tokens themselves are nowhere: only their SHA-256.
CREATE TABLE refresh_tokens (
  token_hash bytea       PRIMARY KEY CHECK (length(token_hash) = 32),
  session_id uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
  issued_at  timestamptz NOT NULL,
  spent_at   timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_spent ON refresh_tokens (spent_at) WHERE spent_at IS NOT NULL;

COMMIT;
