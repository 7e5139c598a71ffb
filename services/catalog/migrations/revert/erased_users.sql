BEGIN;

DROP TABLE erased_users;
DELETE FROM consumer_offsets WHERE topic = 'marquee.erasures.v1';

COMMIT;
