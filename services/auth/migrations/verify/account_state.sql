BEGIN;

SELECT disabled FROM accounts WHERE false;
SELECT change_id, user_id, changed_at, disabled, roles, session_id FROM account_state_outbox WHERE false;

SELECT 1 / (count(*) = 2)::integer FROM pg_trigger
WHERE (tgrelid, tgname) IN (('accounts'::regclass, 'roles_changed'), ('sessions'::regclass, 'session_ended'));

ROLLBACK;
