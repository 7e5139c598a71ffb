BEGIN;

SELECT client_number, client_id, owner_id, name, secret_hash, redirect_uris, scopes, grant_types, created_at
FROM oauth_clients WHERE false;
SELECT session_id, client_id, scopes, authenticated_at FROM oauth_grants WHERE false;
SELECT user_id, client_id, scopes FROM oauth_consents WHERE false;
SELECT token_hash, session_id, created_at, expires_at FROM oauth_browsers WHERE false;
SELECT code_hash, client_id, user_id, session_id, redirect_uri, scopes, nonce, challenge, authenticated_at, expires_at,
       grant_id
FROM oauth_codes WHERE false;
SELECT device_hash, user_code_hash, client_id, scopes, expires_at, interval_seconds, polled_at, state, user_id,
       session_id, authenticated_at
FROM oauth_devices WHERE false;

SELECT 1 / count(*)::integer FROM oauth_clients WHERE client_id = 'marqueectl';
SELECT 1 / count(*)::integer FROM pg_trigger WHERE tgrelid = 'oauth_clients'::regclass AND tgname = 'client_removed';

ROLLBACK;
