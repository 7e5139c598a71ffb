BEGIN;

DROP TRIGGER movies_inserted ON movies;
DROP TRIGGER movies_updated ON movies;
DROP TRIGGER movies_deleted ON movies;
DROP FUNCTION note_changed_movies();
DROP TABLE movie_outbox;

COMMIT;
