BEGIN;

SELECT review_id, movie_id, user_id, author, text, sentiment, created_at, updated_at FROM reviews WHERE false;

ROLLBACK;
