-- People who were erased (libs/erasures, docs/adr/0608), and how far the topic that says so was read.
BEGIN;

CREATE TABLE consumer_offsets (
  topic              text    NOT NULL,
  partition          integer NOT NULL CHECK (partition >= 0),
  next_offset        bigint  NOT NULL CHECK (next_offset >= 0),  -- the first not yet applied
  record_offset      bigint,                      -- next_offset - 1, when the fingerprint was stored with it
  record_fingerprint bigint,                      -- of the record there: by it the log is known (docs/adr/0201)
  lost_events        bigint  NOT NULL DEFAULT 0,  -- deleted by Kafka before they were applied
  lost_at            timestamptz,                 -- the last time
  other_logs         bigint  NOT NULL DEFAULT 0,  -- how often the partition was another log than was applied
  other_log_at       timestamptz,                 -- the last time
  PRIMARY KEY (topic, partition),
  CONSTRAINT consumer_offsets_record CHECK ((record_offset IS NULL) = (record_fingerprint IS NULL))
);

CREATE TABLE erased_users (
  user_id      bigint      PRIMARY KEY,
  erasure_id   text        NOT NULL,
  requested_at timestamptz NOT NULL,
  erased_at    timestamptz,  -- when what was kept of them was deleted
  confirmed_at timestamptz   -- when Kafka had the receipt
);
CREATE INDEX erased_users_unconfirmed ON erased_users (requested_at) WHERE confirmed_at IS NULL;

COMMIT;
