-- Which movies changed and are not in marquee.movies.v1 yet (docs/adr/0205).
BEGIN;

-- One row for each change of a movie, written by the transaction that makes it. What is published is the movie as it is
-- then: numbers that are committed in another order than they were given in do no harm.
CREATE TABLE movie_outbox (
  change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  movie_id  bigint NOT NULL
);

-- Triggers, so that no writer forgets: the version of before, while both run in an upgrade, and people who mend by hand.
-- Who changes a movie's genres changes its updated_at.
CREATE FUNCTION note_changed_movies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO movie_outbox (movie_id) SELECT movie_id FROM changed;
  RETURN NULL;
END $$;

CREATE TRIGGER movies_inserted AFTER INSERT ON movies REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION note_changed_movies();
CREATE TRIGGER movies_updated AFTER UPDATE ON movies REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION note_changed_movies();
CREATE TRIGGER movies_deleted AFTER DELETE ON movies REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION note_changed_movies();

COMMIT;
