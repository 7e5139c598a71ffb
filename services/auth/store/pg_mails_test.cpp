#include "auth/store/pg_mails.h"

#include "auth/store/pg_accounts.h"
#include "auth/store/pg_sessions.h"
#include "auth/testing/mail_contract.h"
#include "auth/testing/pg_database.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  SessionRepository& sessions() { return sessions_; }
  MailRepository& mails() { return mails_; }

 private:
  PgAccounts accounts_{pool_};
  PgSessions sessions_{pool_};
  PgMails mails_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, MailContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
