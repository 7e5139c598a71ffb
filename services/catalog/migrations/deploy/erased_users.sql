-- People who were erased (libs/erasures, docs/adr/0608): what the log still has of them is left out.
BEGIN;

CREATE TABLE erased_users (
  user_id      bigint      PRIMARY KEY,
  erasure_id   text        NOT NULL,
  requested_at timestamptz NOT NULL,
  erased_at    timestamptz,  -- when what was kept of them was deleted
  confirmed_at timestamptz   -- when Kafka had the receipt
);
CREATE INDEX erased_users_unconfirmed ON erased_users (requested_at) WHERE confirmed_at IS NULL;

COMMIT;
