BEGIN;

-- The version of before knows no applications: their tokens would be logins that nobody can tell from others.
UPDATE sessions SET ended_at = clock_timestamp()
WHERE ended_at IS NULL AND session_id IN (SELECT session_id FROM oauth_grants UNION SELECT session_id FROM oauth_browsers);

DROP TABLE oauth_devices;
DROP TABLE oauth_codes;
DROP TABLE oauth_browsers;
DROP TABLE oauth_consents;
DROP TABLE oauth_grants;
DROP TABLE oauth_clients;
DROP FUNCTION end_grants_of_client();

COMMIT;
