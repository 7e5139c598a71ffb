-- Verify trainer:training_runs on pg
BEGIN;
SELECT run_id, state, stage, progress, factors, iterations, regularization, alpha, seed, force_promotion, rating_count,
       metrics, error, started_by, idempotency_key, started_at, ended_at, instance, session, heartbeat_at, cancel_requested
FROM training_runs WHERE false;
SELECT 1 / count(*) FROM pg_indexes WHERE indexname = 'training_runs_one_running';
ROLLBACK;
