-- Deploy trainer:training_runs to pg
BEGIN;

CREATE TABLE training_runs (
  run_id           bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state            text             NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
  stage            text             NOT NULL,
  progress         double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  -- As asked for (0: the default) while it runs; what they came out as once it has ended.
  factors          integer          NOT NULL,
  iterations       integer          NOT NULL,
  regularization   double precision NOT NULL,
  alpha            double precision NOT NULL,
  seed             bigint           NOT NULL,
  force_promotion  boolean          NOT NULL,
  rating_count     bigint           NOT NULL DEFAULT 0,
  metrics          jsonb            NOT NULL DEFAULT '{}',
  error            text             NOT NULL DEFAULT '',
  started_by       bigint           NOT NULL,
  idempotency_key  text,
  started_at       timestamptz      NOT NULL DEFAULT now(),
  ended_at         timestamptz,
  -- Who runs it: the instance keeps its name over a restart, the session is one process.
  instance         text             NOT NULL,
  session          text             NOT NULL,
  heartbeat_at     timestamptz      NOT NULL DEFAULT now(),
  cancel_requested boolean          NOT NULL DEFAULT false,
  CONSTRAINT training_runs_end CHECK ((state = 'running') = (ended_at IS NULL))
);

-- One run at a time across all replicas.
CREATE UNIQUE INDEX training_runs_one_running ON training_runs ((true)) WHERE state = 'running';
CREATE UNIQUE INDEX training_runs_idempotency ON training_runs (started_by, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX training_runs_by_start ON training_runs (started_at);

COMMIT;
