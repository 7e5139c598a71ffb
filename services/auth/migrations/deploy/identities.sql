-- Signing in with somebody else's OpenID provider (docs/adr/0611).
BEGIN;

-- Whoever comes by a provider may have no password.
ALTER TABLE accounts ALTER COLUMN password_hash DROP NOT NULL;

CREATE TABLE identities (
  identity_id uuid        PRIMARY KEY,
  user_id     bigint      NOT NULL REFERENCES accounts ON DELETE CASCADE,
  issuer      text        NOT NULL,
  subject     text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  email       text        NOT NULL,  -- as the provider said it last
  linked_at   timestamptz NOT NULL,
  used_at     timestamptz NOT NULL,
  CONSTRAINT identities_by_subject UNIQUE (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- Browsers that are at a provider. What is secret of it (state, nonce, verifier) is nowhere: state's SHA-256 is the key,
-- and the others are made of state.
CREATE TABLE provider_requests (
  state_hash   bytea       PRIMARY KEY CHECK (length(state_hash) = 32),
  provider     text        NOT NULL,
  browser_hash bytea       NOT NULL CHECK (length(browser_hash) = 32),
  user_id      bigint      REFERENCES accounts ON DELETE CASCADE,  -- whose account is to be linked; null: a sign-in
  return_to    text        NOT NULL,
  target       text        NOT NULL,
  expires_at   timestamptz NOT NULL
);
CREATE INDEX provider_requests_by_user ON provider_requests (user_id);
CREATE INDEX provider_requests_by_expiry ON provider_requests (expires_at);

COMMIT;
