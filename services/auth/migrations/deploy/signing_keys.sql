BEGIN;

CREATE TABLE signing_keys (
  kid        text        PRIMARY KEY,
  sealed     bytea       NOT NULL,  -- PKCS #8, under the operator's secret
  created_at timestamptz NOT NULL,
  retired_at timestamptz            -- no longer published from then on
);

COMMIT;
