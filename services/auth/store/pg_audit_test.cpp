#include "auth/store/pg_audit.h"

#include <pqxx/pqxx>

#include "auth/testing/audit_contract.h"
#include "auth/testing/pg_database.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AuditLog& audit() { return audit_; }
  pg::Pool& pool() { return pool_; }

 private:
  PgAudit audit_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AuditContract, PgFixture);

TEST(PgAuditTest, NothingChangesAnEntryAndNothingRemovesAYoungOne) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  const Time now = SystemClock().Now();
  const CallContext soon(now + std::chrono::seconds{30});
  ASSERT_TRUE(fixture.audit().Add({.at = now, .action = "login"}, soon).ok());
  for (const char* sql : {"UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries",
                          "TRUNCATE audit_entries"}) {
    const Status done = fixture.pool().Run(
        [&](pg::Transaction& tx) -> Status {
          tx.exec(sql);
          return {};
        },
        {.deadline = soon.deadline});
    EXPECT_FALSE(done.ok()) << sql;
  }
  EXPECT_FALSE(fixture.audit().Forget(now + std::chrono::hours{1}, soon).ok());
  EXPECT_EQ(fixture.audit().List({}, 1'000'000, 10, soon)->size(), 1U);
}

}  // namespace
}  // namespace marquee::auth
