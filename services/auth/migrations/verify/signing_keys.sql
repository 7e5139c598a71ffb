BEGIN;

SELECT kid, sealed, created_at, retired_at FROM signing_keys WHERE false;

ROLLBACK;
