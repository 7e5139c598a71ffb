-- Deploy ratings:ratings to pg

BEGIN;

-- How far each partition of the log is applied; moved on in the transaction that applies.
CREATE TABLE consumer_offsets (
  topic       text    NOT NULL,
  partition   integer NOT NULL CHECK (partition >= 0),
  next_offset bigint  NOT NULL CHECK (next_offset >= 0),  -- the first offset not yet applied
  PRIMARY KEY (topic, partition)
);

CREATE TABLE ratings (
  user_id  bigint      NOT NULL,
  movie_id bigint      NOT NULL,
  value    real,                  -- NULL: taken back (a tombstone: imports don't undo it)
  source   smallint    NOT NULL,  -- 1 live, 2 import
  rated_at timestamptz NOT NULL,
  event_id uuid        NOT NULL,  -- the last event applied
  revision bigint      NOT NULL,  -- how many events were applied
  PRIMARY KEY (user_id, movie_id),
  CONSTRAINT ratings_value CHECK (value >= 0.5 AND value <= 5 AND value * 2 = floor(value * 2)),
  CONSTRAINT ratings_source CHECK (source IN (1, 2))
);

-- Ids of live events, by which a repeated event is known; older than 30 days are deleted, as the log's messages are.
CREATE TABLE applied_events (
  user_id    bigint      NOT NULL,
  event_id   uuid        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, event_id)
);
CREATE INDEX applied_events_by_age ON applied_events USING brin (applied_at);

CREATE TABLE dead_letter_counts (
  reason text   PRIMARY KEY,
  count  bigint NOT NULL
);

COMMIT;
