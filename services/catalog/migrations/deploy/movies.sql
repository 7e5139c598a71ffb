BEGIN;

-- The catalogue's own ids begin where no import reaches.
CREATE SEQUENCE own_movie_ids START 1000000000 MINVALUE 1000000000;

CREATE TABLE movies (
  movie_id     bigint      PRIMARY KEY CHECK (movie_id > 0),
  title        text        NOT NULL CHECK (title <> ''),
  year         integer     NOT NULL CHECK (year BETWEEN 0 AND 2200),  -- 0: not known
  imdb_id      text        NOT NULL,                                  -- '': not known
  tmdb_id      bigint      NOT NULL CHECK (tmdb_id >= 0),             -- 0: not known
  updated_at   timestamptz NOT NULL DEFAULT now(),
  -- Cut, so that it fits into an index and a page token whatever the script.
  search_title text        COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(search_text(title), 200)) STORED
);
-- Keyset paging, one for each order; scanned backward for the descending ones.
CREATE INDEX movies_by_title ON movies (search_title, movie_id);
CREATE INDEX movies_by_year ON movies (year, movie_id);
-- Search: trigrams forgive typing errors, words find them in any order. No pending list: a search never pays for it.
CREATE INDEX movies_by_trigram ON movies USING gin (search_title gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX movies_by_word ON movies USING gin (to_tsvector('simple', search_title)) WITH (fastupdate = off);

CREATE TABLE genres (
  genre_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name     text    NOT NULL CHECK (name <> '')
);
-- 'comedy' is 'Comedy': the first spelling stands.
CREATE UNIQUE INDEX genres_by_name ON genres (lower(name));

CREATE TABLE movie_genres (
  movie_id bigint   NOT NULL REFERENCES movies ON DELETE CASCADE,
  genre_id integer  NOT NULL REFERENCES genres,
  place    smallint NOT NULL,  -- in the movie's list
  PRIMARY KEY (movie_id, genre_id)
);
CREATE INDEX movie_genres_by_genre ON movie_genres (genre_id, movie_id);

-- Apart from the movies, so that lists never touch a picture.
CREATE TABLE posters (
  movie_id     bigint      PRIMARY KEY REFERENCES movies ON DELETE CASCADE,
  content_type text        NOT NULL,
  width        integer     NOT NULL,
  height       integer     NOT NULL,
  image        bytea       NOT NULL CHECK (length(image) BETWEEN 1 AND 2097152),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE posters ALTER COLUMN image SET STORAGE EXTERNAL;  -- it is compressed already

COMMIT;
