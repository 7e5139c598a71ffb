BEGIN;

SELECT key_number, api_key_id, user_id, name, scopes, networks, key_hash, created_at, expires_at, last_used_at,
       last_used_address, previous_hash, previous_expires_at
FROM api_keys WHERE false;

ROLLBACK;
