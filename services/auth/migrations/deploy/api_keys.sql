BEGIN;

-- The keys themselves are nowhere: only the SHA-256 of each, whole.
CREATE TABLE api_keys (
  key_number          bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
  api_key_id          text        PRIMARY KEY,
  user_id             bigint      NOT NULL REFERENCES accounts ON DELETE CASCADE,
  name                text        NOT NULL,
  scopes              text[]      NOT NULL,
  networks            text[]      NOT NULL,  -- from anywhere when there are none
  key_hash            bytea       NOT NULL CHECK (length(key_hash) = 32),
  created_at          timestamptz NOT NULL,
  expires_at          timestamptz,
  last_used_at        timestamptz,           -- to the minute
  last_used_address   text        NOT NULL DEFAULT '',
  previous_hash       bytea       CHECK (length(previous_hash) = 32),
  previous_expires_at timestamptz,
  CHECK ((previous_hash IS NULL) = (previous_expires_at IS NULL))
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, key_number);

COMMIT;
