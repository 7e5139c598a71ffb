-- Revert trainer:registry from pg
BEGIN;
DROP TABLE promotions;
DROP TABLE model_aliases;
DROP TABLE model_versions;
COMMIT;
