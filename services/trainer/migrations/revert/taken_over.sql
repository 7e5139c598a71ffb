-- Revert trainer:taken_over from pg
BEGIN;

ALTER TABLE model_versions DROP COLUMN taken_over_at;

COMMIT;
