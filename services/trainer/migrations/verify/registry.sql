-- Verify trainer:registry on pg
BEGIN;
SELECT model, version, run_id, file, evaluation_file, sha256, size_bytes, metrics, card, created_at
FROM model_versions WHERE false;
SELECT model, alias, version, moved_by, moved_at FROM model_aliases WHERE false;
SELECT promotion_id, model, alias, version, moved_by, promoted_at, announced_at FROM promotions WHERE false;
ROLLBACK;
