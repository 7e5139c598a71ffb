-- Verify registry:registry on pg
BEGIN;
SELECT artefact_id, stored_at FROM artefacts WHERE false;
SELECT artefact_id, position, bytes FROM artefact_chunks WHERE false;
SELECT model, version, run_id, artefact_id, sha256, size_bytes, evaluation_id, evaluation_sha256, evaluation_bytes,
  metrics, card, registered_by, created_at FROM model_versions WHERE false;
SELECT model, alias, version, moved_by, moved_at FROM model_aliases WHERE false;
SELECT promotion_id, model, alias, version, moved_by, promoted_at, announced_at FROM promotions WHERE false;
ROLLBACK;
