BEGIN;

SELECT user_id, sealed, created_at, confirmed_at, last_step FROM second_factors WHERE false;
SELECT user_id, code_hash FROM recovery_codes WHERE false;

ROLLBACK;
