-- Deploy registry:registry to pg
BEGIN;

-- An artefact is there whole or not at all: one transaction brings its chunks.
CREATE TABLE artefacts (
  artefact_id text        PRIMARY KEY,
  stored_at   timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE artefact_chunks (
  artefact_id text    NOT NULL REFERENCES artefacts ON DELETE CASCADE,
  position    integer NOT NULL CHECK (position >= 0),
  bytes       bytea   NOT NULL CHECK (length(bytes) > 0),
  PRIMARY KEY (artefact_id, position)
);
-- Factors don't compress: trying costs time, and a length is read without fetching the bytes.
ALTER TABLE artefact_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Never changed once registered, but for artefacts that are taken over later. No foreign keys to artefacts, which may
-- lie elsewhere; an old version's artefacts go and its row stays.
CREATE TABLE model_versions (
  model             text        NOT NULL,
  version           bigint      NOT NULL CHECK (version >= 1),
  run_id            bigint      NOT NULL,  -- the trainer's; 0: trained elsewhere
  artefact_id       text        UNIQUE,    -- null: lost before it was taken over
  sha256            text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes        bigint      NOT NULL CHECK (size_bytes > 0),
  evaluation_id     text        UNIQUE,
  evaluation_sha256 text        CHECK (evaluation_sha256 ~ '^[0-9a-f]{64}$'),
  evaluation_bytes  bigint      CHECK (evaluation_bytes > 0),
  metrics           jsonb       NOT NULL,
  card              text        NOT NULL,
  registered_by     bigint      NOT NULL,  -- a user's id; 0: a service
  created_at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model, version)
);
CREATE INDEX model_versions_by_run ON model_versions (run_id);
CREATE INDEX model_versions_by_hash ON model_versions (model, sha256);

CREATE TABLE model_aliases (
  model    text        NOT NULL,
  alias    text        NOT NULL,
  version  bigint      NOT NULL,
  moved_by bigint      NOT NULL,  -- a user's id; 0: a service
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
