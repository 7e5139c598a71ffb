BEGIN;

SELECT change_id, user_id, changed_at, deleted, roles FROM person_outbox WHERE false;

SELECT 1 / (count(*) = 2)::integer FROM pg_trigger
WHERE tgrelid = 'accounts'::regclass AND tgname IN ('accounts_deleted', 'roles_changed');

ROLLBACK;
