BEGIN;

SELECT id, fingerprint, claimed_until, answer, first_used FROM idempotency_keys WHERE false;

ROLLBACK;
