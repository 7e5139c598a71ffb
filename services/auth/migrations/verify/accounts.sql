BEGIN;

SELECT user_id, email, password_hash, display_name, roles, created_at FROM accounts WHERE false;

ROLLBACK;
