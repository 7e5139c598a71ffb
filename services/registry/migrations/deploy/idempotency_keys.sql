-- What is known of Idempotency-Keys, for a day: see libs/idempotency.

BEGIN;

CREATE TABLE idempotency_keys (
  id            bytea       PRIMARY KEY CHECK (length(id) = 32),
  fingerprint   bytea       NOT NULL CHECK (length(fingerprint) = 32),
  claimed_until timestamptz NOT NULL,  -- who carries the request out has until then
  answer        bytea,                 -- sealed; once the request was carried out
  first_used    timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (first_used);

COMMIT;
