BEGIN;

SELECT refreshed_at, network, user_agent FROM sessions WHERE false;

ROLLBACK;
