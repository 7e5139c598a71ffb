-- One-time codes by time (RFC 6238) as a second factor, and what is used in their stead when the device is lost
-- (docs/adr/0607).
BEGIN;

CREATE TABLE second_factors (
  user_id      bigint      PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
  sealed       bytea       NOT NULL,            -- the secret, under the operator's
  created_at   timestamptz NOT NULL,
  confirmed_at timestamptz,                     -- null: begun, and asked of nobody
  last_step    bigint      NOT NULL DEFAULT 0   -- of the last code that was taken: none is taken twice
);

-- Only their HMAC: a code is shorter than what a plain hash would keep secret.
CREATE TABLE recovery_codes (
  user_id   bigint NOT NULL REFERENCES second_factors ON DELETE CASCADE,
  code_hash bytea  NOT NULL CHECK (length(code_hash) = 32),
  PRIMARY KEY (user_id, code_hash)
);

COMMIT;
