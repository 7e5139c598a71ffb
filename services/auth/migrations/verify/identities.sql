BEGIN;

SELECT identity_id, user_id, issuer, subject, email, linked_at, used_at FROM identities WHERE false;
SELECT state_hash, provider, browser_hash, user_id, return_to, target, expires_at FROM provider_requests WHERE false;

ROLLBACK;
