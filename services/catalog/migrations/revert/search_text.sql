BEGIN;

DROP FUNCTION search_text(text);
DROP EXTENSION unaccent;
DROP EXTENSION pg_trgm;

COMMIT;
