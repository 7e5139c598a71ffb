-- Deploy trainer:registry to pg
-- requires: training_runs
BEGIN;

-- Never changed once registered.
CREATE TABLE model_versions (
  model           text        NOT NULL,
  version         bigint      NOT NULL CHECK (version >= 1),
  run_id          bigint      NOT NULL REFERENCES training_runs,
  file            text        NOT NULL UNIQUE,
  evaluation_file text        NOT NULL,
  sha256          text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes      bigint      NOT NULL CHECK (size_bytes > 0),
  metrics         jsonb       NOT NULL,
  card            text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model, version)
);
CREATE INDEX model_versions_by_run ON model_versions (run_id);

CREATE TABLE model_aliases (
  model    text        NOT NULL,
  alias    text        NOT NULL,
  version  bigint      NOT NULL,
  moved_by bigint      NOT NULL,  -- a user's id; 0: a run
  moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model, alias),
  FOREIGN KEY (model, version) REFERENCES model_versions
);

-- Every move of an alias, stored with the move itself and announced on Kafka afterwards.
CREATE TABLE promotions (
  promotion_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model        text        NOT NULL,
  alias        text        NOT NULL,
  version      bigint      NOT NULL,
  moved_by     bigint      NOT NULL,
  promoted_at  timestamptz NOT NULL DEFAULT now(),
  announced_at timestamptz,
  FOREIGN KEY (model, version) REFERENCES model_versions
);
CREATE INDEX promotions_to_announce ON promotions (promotion_id) WHERE announced_at IS NULL;

COMMIT;
