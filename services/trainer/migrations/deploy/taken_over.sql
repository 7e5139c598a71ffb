-- Deploy trainer:taken_over to pg
-- requires: registry
BEGIN;

-- The registry is a service of its own now: what stands here is handed to it, once, and kept for a rollback.
ALTER TABLE model_versions ADD COLUMN taken_over_at timestamptz;

COMMIT;
