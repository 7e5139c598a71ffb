-- Verify trainer:taken_over on pg
BEGIN;

SELECT taken_over_at FROM model_versions WHERE false;

ROLLBACK;
