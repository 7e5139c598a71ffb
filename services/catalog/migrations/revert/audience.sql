BEGIN;

DROP TABLE rating_totals;
DROP TABLE movie_stats;

COMMIT;
