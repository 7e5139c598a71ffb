-- Verify trainer:skipped_runs on pg
BEGIN;

SELECT 1 / count(*) FROM pg_constraint
  WHERE conname = 'training_runs_state_check' AND pg_get_constraintdef(oid) LIKE '%skipped%';

ROLLBACK;
