-- Marquee as OAuth 2 authorization server (docs/adr/0604). Codes and tokens are nowhere: only their SHA-256.
BEGIN;

CREATE TABLE oauth_clients (
  client_number bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
  client_id     text        PRIMARY KEY CHECK (length(client_id) BETWEEN 1 AND 64),
  owner_id      bigint      REFERENCES accounts ON DELETE CASCADE,  -- null: came with Marquee
  name          text        NOT NULL,
  secret_hash   bytea       CHECK (length(secret_hash) = 32),       -- null: a public client
  redirect_uris text[]      NOT NULL,
  scopes        text[]      NOT NULL,
  grant_types   text[]      NOT NULL,
  created_at    timestamptz NOT NULL
);
CREATE INDEX oauth_clients_by_owner ON oauth_clients (owner_id);

-- What a person let a client do is a session of theirs: it is refreshed, listed, ended and told to others as one.
CREATE TABLE oauth_grants (
  session_id       uuid        PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  client_id        text        NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  scopes           text[]      NOT NULL,
  authenticated_at timestamptz NOT NULL
);
CREATE INDEX oauth_grants_by_client ON oauth_grants (client_id);

CREATE TABLE oauth_consents (
  user_id   bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
  client_id text   NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  scopes    text[] NOT NULL,
  PRIMARY KEY (user_id, client_id)
);
CREATE INDEX oauth_consents_by_client ON oauth_consents (client_id);

-- Browsers that are signed in, for the pages alone.
CREATE TABLE oauth_browsers (
  token_hash bytea       PRIMARY KEY CHECK (length(token_hash) = 32),
  session_id uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_browsers_by_session ON oauth_browsers (session_id);
CREATE INDEX oauth_browsers_by_expiry ON oauth_browsers (expires_at);

CREATE TABLE oauth_codes (
  code_hash        bytea       PRIMARY KEY CHECK (length(code_hash) = 32),
  client_id        text        NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  user_id          bigint      NOT NULL REFERENCES accounts ON DELETE CASCADE,
  session_id       uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,  -- of the browser
  redirect_uri     text        NOT NULL,
  scopes           text[]      NOT NULL,
  nonce            text        NOT NULL,
  challenge        text        NOT NULL,
  authenticated_at timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  grant_id         uuid                 -- the session that it was redeemed for; null: not yet
);
CREATE INDEX oauth_codes_by_client ON oauth_codes (client_id);
CREATE INDEX oauth_codes_by_user ON oauth_codes (user_id);
CREATE INDEX oauth_codes_by_session ON oauth_codes (session_id);
CREATE INDEX oauth_codes_by_expiry ON oauth_codes (expires_at);

CREATE TABLE oauth_devices (
  device_hash      bytea       PRIMARY KEY CHECK (length(device_hash) = 32),
  user_code_hash   bytea       NOT NULL UNIQUE CHECK (length(user_code_hash) = 32),
  client_id        text        NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  scopes           text[]      NOT NULL,
  expires_at       timestamptz NOT NULL,
  interval_seconds integer     NOT NULL,
  polled_at        timestamptz,
  state            text        NOT NULL CHECK (state IN ('pending', 'allowed', 'denied', 'spent')),
  user_id          bigint      REFERENCES accounts ON DELETE CASCADE,  -- who decided, and in which browser
  session_id       uuid        REFERENCES sessions ON DELETE CASCADE,
  authenticated_at timestamptz
);
CREATE INDEX oauth_devices_by_client ON oauth_devices (client_id, expires_at);
CREATE INDEX oauth_devices_by_user ON oauth_devices (user_id);
CREATE INDEX oauth_devices_by_session ON oauth_devices (session_id);
CREATE INDEX oauth_devices_by_expiry ON oauth_devices (expires_at);

-- However a client goes, also with its owner's account: what it was let do ends, and all hear of it.
CREATE FUNCTION end_grants_of_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sessions SET ended_at = clock_timestamp()
  WHERE ended_at IS NULL AND session_id IN (SELECT session_id FROM oauth_grants WHERE client_id = OLD.client_id);
  RETURN OLD;
END $$;
CREATE TRIGGER client_removed BEFORE DELETE ON oauth_clients FOR EACH ROW EXECUTE FUNCTION end_grants_of_client();

-- The command line, with which everyone may sign in as on a device without a browser.
INSERT INTO oauth_clients (client_id, name, redirect_uris, scopes, grant_types, created_at)
VALUES ('marqueectl', 'marqueectl', '{}',
        ARRAY['openid', 'profile', 'email', 'offline_access', 'read', 'ratings:write', 'reviews:write', 'catalog:write',
              'models:read', 'models:admin'],
        ARRAY['refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], now());

COMMIT;
