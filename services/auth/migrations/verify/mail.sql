BEGIN;

SELECT email_verified, proved_network FROM accounts WHERE false;
SELECT mail_id, purpose, email, user_id, attempts, due_at, expires_at FROM mail_outbox WHERE false;
SELECT token_hash, user_id, purpose, email, expires_at FROM mail_links WHERE false;

ROLLBACK;
