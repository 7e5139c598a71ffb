-- Revert trainer:skipped_runs from pg
BEGIN;

UPDATE training_runs SET state = 'failed' WHERE state = 'skipped';
ALTER TABLE training_runs
  DROP CONSTRAINT training_runs_state_check,
  ADD CONSTRAINT training_runs_state_check CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled'));

COMMIT;
