#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "config/config.h"
#include "pg/testing.h"
#include "trainer/store/model_registry.h"
#include "trainer/store/run_repository.h"
#include "trainer/testing/store_contract.h"

namespace marquee::trainer::testing {
namespace {

// PostgreSQL's clock can't be turned: the past is moved instead.
class OnPostgres {
 public:
  static bool Available() {
    return config::SystemEnvironment().Get("MARQUEE_TEST_POSTGRES_URI").has_value();
  }
  OnPostgres() { database_.Migrate("services/trainer/migrations"); }
  RunRepository& runs() { return runs_; }
  ModelRegistry& registry() { return registry_; }
  void LetTimePass(std::chrono::milliseconds by) {
    const auto interval = "interval '" + std::to_string(by.count()) + " milliseconds'";
    database_.Execute("UPDATE training_runs SET started_at = started_at - " + interval +
                      ", heartbeat_at = heartbeat_at - " + interval);
  }
  const pg::TestDatabase& database() const { return database_; }

 private:
  pg::TestDatabase database_;
  pg::Pool pool_{pg::PoolConfig{.uri = database_.uri(), .max_connections = 8}};
  PgRunRepository runs_{pool_, kExpiry};
  PgModelRegistry registry_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreContract, OnPostgres);

TEST(PgModelRegistry, OneReplicaAnnouncesAtATime) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  const Owner owner{"host/1", "session-1"};
  const auto run = store.runs().Start({}, owner);
  ASSERT_TRUE(run.ok());
  const auto id = run->run.run_id;
  ASSERT_TRUE(store.registry().Complete(id, owner, {}, {Version("ranking", id, true, 0)}).ok());
  int inner = -1;
  const auto outer = store.registry().AnnouncePending([&](const Promotion&) -> Status {
    // Another replica looks while this one waits for Kafka.
    if (inner < 0)
      inner = store.registry()
                  .AnnouncePending([](const Promotion&) -> Status { return {}; })
                  .value_or(-2);
    return {};
  });
  EXPECT_EQ(inner, 0);
  EXPECT_EQ(outer.value_or(-1), 2);
}

TEST(PgRunRepository, SaysUnavailableWhileTheDatabaseIsAway) {
  pg::Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/none"});
  PgRunRepository runs(pool, kExpiry);
  EXPECT_EQ(runs.Start({}, {"host", "session"}).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::trainer::testing
