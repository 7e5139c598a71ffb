-- Revert trainer:training_runs from pg
BEGIN;
DROP TABLE training_runs;
COMMIT;
