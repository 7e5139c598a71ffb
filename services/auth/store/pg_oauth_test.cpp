#include "auth/store/pg_oauth.h"

#include "auth/store/pg_accounts.h"
#include "auth/store/pg_sessions.h"
#include "auth/testing/oauth_contract.h"
#include "auth/testing/pg_database.h"

namespace marquee::auth {
namespace {

// What PgDatabase empties takes the clients along, with the one that the migration made.
class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  SessionRepository& sessions() { return sessions_; }
  OAuthClientRepository& clients() { return oauth_; }
  OAuthRepository& oauth() { return oauth_; }

 private:
  PgAccounts accounts_{pool_};
  PgSessions sessions_{pool_};
  PgOAuth oauth_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, OAuthContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
