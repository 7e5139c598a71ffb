BEGIN;

SELECT change_id, movie_id FROM movie_outbox WHERE false;

SELECT 1 / (count(*) = 3)::integer FROM pg_trigger
WHERE tgrelid = 'movies'::regclass AND tgname IN ('movies_inserted', 'movies_updated', 'movies_deleted');

ROLLBACK;
