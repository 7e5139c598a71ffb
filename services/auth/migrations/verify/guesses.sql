BEGIN;

SELECT key, level, counted_at, retry_at, drained_at FROM guesses WHERE false;

ROLLBACK;
