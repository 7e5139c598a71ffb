-- The tables of libs/projection (rating_projection.h): how far the ratings topic was read, the current ratings, and the
-- live events seen.
BEGIN;

CREATE TABLE consumer_offsets (
  topic       text    NOT NULL,
  partition   integer NOT NULL CHECK (partition >= 0),
  next_offset bigint  NOT NULL CHECK (next_offset >= 0),  -- the first offset not yet applied
  PRIMARY KEY (topic, partition)
);

CREATE TABLE ratings (
  user_id  bigint      NOT NULL,
  movie_id bigint      NOT NULL,  -- maybe of no movie in the catalogue yet
  value    real,                  -- NULL: the user took it back
  source   smallint    NOT NULL,  -- projection::Source: 1 live, 2 import
  rated_at timestamptz NOT NULL,
  event_id uuid        NOT NULL,  -- the last event applied
  revision bigint      NOT NULL,  -- how many events were applied
  PRIMARY KEY (user_id, movie_id)
);
-- For the sum behind "trending" of one movie, where it can't be kept by differences.
CREATE INDEX ratings_by_movie ON ratings (movie_id);

CREATE TABLE applied_events (  -- live events only; older than 30 days are deleted
  user_id    bigint      NOT NULL,
  event_id   uuid        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, event_id)
);
CREATE INDEX applied_events_by_age ON applied_events USING brin (applied_at);

COMMIT;
