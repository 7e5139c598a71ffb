BEGIN;

SELECT user_id, erasure_id, requested_at, requested_by, published_at, completed_at FROM erasures WHERE false;
SELECT user_id, service, confirmed_at FROM erasure_receipts WHERE false;
SELECT topic, partition, next_offset, record_offset, record_fingerprint FROM consumer_offsets WHERE false;
SELECT user_id, erasure_id, requested_at, erased_at, confirmed_at FROM erased_users WHERE false;
SELECT 1 / count(*) FROM pg_trigger WHERE tgname = 'accounts_erased';

ROLLBACK;
