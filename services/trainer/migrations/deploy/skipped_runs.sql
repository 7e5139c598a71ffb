-- Deploy trainer:skipped_runs to pg
-- requires: training_runs
BEGIN;

ALTER TABLE training_runs
  DROP CONSTRAINT training_runs_state_check,
  ADD CONSTRAINT training_runs_state_check
    CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled', 'skipped'));

COMMIT;
