BEGIN;

SELECT session_id, user_id, created_at, expires_at, ended_at FROM sessions WHERE false;
SELECT token_hash, session_id, issued_at, spent_at FROM refresh_tokens WHERE false;

ROLLBACK;
