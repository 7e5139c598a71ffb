BEGIN;

SELECT movie_id, title, year, imdb_id, tmdb_id, updated_at, search_title FROM movies WHERE false;
SELECT genre_id, name FROM genres WHERE false;
SELECT movie_id, genre_id, place FROM movie_genres WHERE false;
SELECT movie_id, content_type, width, height, image, updated_at FROM posters WHERE false;
SELECT 1 / (last_value >= 1000000000)::integer FROM own_movie_ids;

ROLLBACK;
