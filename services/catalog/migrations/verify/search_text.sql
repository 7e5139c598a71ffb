BEGIN;

DO $$
BEGIN
  ASSERT search_text('Shawshank Redemption, The') = 'shawshank redemption';
  ASSERT search_text('Misérables, Les') = 'les miserables';
  ASSERT word_similarity('toy stroy', search_text('Toy Story')) > 0.6;
END
$$;

ROLLBACK;
