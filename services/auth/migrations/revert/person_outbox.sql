BEGIN;

DROP TRIGGER accounts_deleted ON accounts;
DROP TRIGGER roles_changed ON accounts;
DROP FUNCTION note_changed_person();
DROP TABLE person_outbox;

COMMIT;
