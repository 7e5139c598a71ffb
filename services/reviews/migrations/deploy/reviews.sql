BEGIN;

CREATE TABLE reviews (
  -- Grows with time: lists are ordered by it.
  review_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  movie_id   bigint      NOT NULL CHECK (movie_id > 0),
  user_id    bigint      NOT NULL CHECK (user_id > 0),
  author     text        NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
  text       text        NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
  sentiment  real        CHECK (sentiment BETWEEN -1 AND 1),  -- NULL: not judged
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT reviews_one_each UNIQUE (user_id, movie_id)
);
CREATE INDEX reviews_by_movie ON reviews (movie_id, review_id);

COMMIT;
