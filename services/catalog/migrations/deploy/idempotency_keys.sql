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

-- The operation that created the movie, if it may be repeated: a repetition creates no second one.
ALTER TABLE movies ADD COLUMN operation_id uuid;
CREATE UNIQUE INDEX movies_by_operation ON movies (operation_id) WHERE operation_id IS NOT NULL;

-- Ids from outside once moved the sequence on, as far as its end: it goes on behind the last id that it can have given.
SELECT setval('own_movie_ids', greatest(1000000000, (SELECT max(movie_id) FROM movies WHERE movie_id BETWEEN 1000000000 AND 1999999999)));
ALTER SEQUENCE own_movie_ids MAXVALUE 9007199254740991;

COMMIT;
