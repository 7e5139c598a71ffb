BEGIN;

SELECT user_id, erasure_id, requested_at, erased_at, confirmed_at FROM erased_users WHERE false;

ROLLBACK;
