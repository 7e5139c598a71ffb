BEGIN;

DROP TABLE posters;
DROP TABLE movie_genres;
DROP TABLE genres;
DROP TABLE movies;
DROP SEQUENCE own_movie_ids;

COMMIT;
