BEGIN;

SELECT movie_id, catalogued, rating_count, half_stars, trend_log2 FROM movie_stats WHERE false;
SELECT 1 / count(*) FROM rating_totals;

ROLLBACK;
