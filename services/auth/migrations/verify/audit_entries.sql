BEGIN;

SELECT entry_number, at, action, code, reason, actor, api_key_id, client_id, about_user_id, address, user_agent,
       trace_id
FROM audit_entries WHERE false;
SELECT 'audit_entries_stay'::regproc;

ROLLBACK;
