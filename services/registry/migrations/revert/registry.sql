-- Revert registry:registry from pg
BEGIN;
DROP TABLE promotions;
DROP TABLE model_aliases;
DROP TABLE model_versions;
DROP TABLE artefact_chunks;
DROP TABLE artefacts;
COMMIT;
