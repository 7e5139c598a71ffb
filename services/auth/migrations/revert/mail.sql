BEGIN;

DROP TABLE mail_links;
DROP TABLE mail_outbox;
ALTER TABLE accounts DROP COLUMN email_verified, DROP COLUMN proved_network;

COMMIT;
