#include "auth/store/pg_guesses.h"

#include "auth/testing/guess_contract.h"
#include "auth/testing/pg_database.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  GuessRepository& guesses() { return guesses_; }

 private:
  PgGuesses guesses_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, GuessContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
