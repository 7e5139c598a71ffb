#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "base/testing/calls.h"
#include "config/config.h"
#include "pg/testing.h"
#include "trainer/store/models_of_before.h"
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
  void LetTimePass(std::chrono::milliseconds by) {
    const auto interval = "interval '" + std::to_string(by.count()) + " milliseconds'";
    database_.Execute("UPDATE training_runs SET started_at = started_at - " + interval +
                      ", heartbeat_at = heartbeat_at - " + interval);
  }
  const pg::TestDatabase& database() const { return database_; }
  pg::Pool& pool() { return pool_; }

 private:
  pg::TestDatabase database_;
  pg::Pool pool_{pg::PoolConfig{.uri = database_.uri(), .max_connections = 8}};
  PgRunRepository runs_{pool_, kExpiry};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreContract, OnPostgres);

// What the trainer of before has left.
TEST(PgModelsOfBefore, GivesEachVersionUntilItIsTakenOver) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  store.database().Execute(
      "INSERT INTO training_runs (state, stage, factors, iterations, regularization, alpha, seed, "
      "  force_promotion, started_by, instance, session, ended_at) "
      "VALUES ('succeeded', 'done', 8, 4, 1, 1, 1, false, 0, 'host', 's', now());"
      "INSERT INTO model_versions (model, version, run_id, file, evaluation_file, sha256, "
      "  size_bytes, metrics, card) SELECT 'ranking', n, 1, 'f' || n, 'e' || n, "
      "  repeat(n::text, 64), 100 + n, '{\"ndcg_at_100\": 0.5}', '{}' FROM generate_series(1, 2) n;"
      "INSERT INTO model_aliases (model, alias, version, moved_by) VALUES "
      "  ('ranking', 'champion', 1, 0), ('ranking', 'candidate', 2, 0)");
  PgModelsOfBefore before(store.pool());
  const auto rows = before.NotTakenOver(kNoDeadline);
  ASSERT_TRUE(rows.ok()) << rows.error().ToString();
  ASSERT_EQ(rows->size(), 2U);
  const auto& first = rows->front();
  EXPECT_EQ(first.file, "f1");
  EXPECT_EQ(first.evaluation_file, "e1");
  EXPECT_EQ(first.version.version, 1);
  EXPECT_EQ(first.version.run_id, 1);
  EXPECT_EQ(first.version.size_bytes, 101);
  EXPECT_EQ(first.version.sha256, std::string(64, '1'));
  EXPECT_EQ(first.version.aliases, std::vector<std::string>{"champion"});
  EXPECT_EQ(first.version.metrics, (std::map<std::string, double>{{"ndcg_at_100", 0.5}}));
  ASSERT_TRUE(before.MarkTakenOver("ranking", 1, kNoDeadline).ok());
  ASSERT_EQ(before.NotTakenOver(kNoDeadline)->size(), 1U);
  EXPECT_EQ(before.NotTakenOver(kNoDeadline)->front().version.version, 2);
}

// What a call got whose time was up before it began.
template <typename Outcome>
std::string ReasonOf(const Outcome& outcome) {
  return outcome.ok() ? "" : outcome.error().reason;
}

TEST(PgRunRepository, NothingIsDoneForACallWhoseTimeIsUp) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  auto& runs = store.runs();
  const Owner owner{"host", "session"};
  const CallContext late(SystemClock().Now() - std::chrono::milliseconds{1});
  const auto started = runs.Start({}, owner, late);
  EXPECT_EQ(started.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(started), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.StartIfDue({}, owner, std::chrono::milliseconds{1}, late)),
            "database_timeout");
  EXPECT_EQ(ReasonOf(runs.Get(1, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.List(0, 10, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.Heartbeat(1, owner, Stage::kExport, 0, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.RequestCancel(1, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.End(1, owner, RunState::kFailed, "x", {}, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.FailAbandoned(owner, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(runs.LastEnd(RunState::kFailed, late)), "database_timeout");
  EXPECT_TRUE(runs.List(0, 10, kNoDeadline)->empty());
}

TEST(PgModelsOfBefore, NothingIsDoneForACallWhoseTimeIsUp) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  PgModelsOfBefore before(store.pool());
  const CallContext late(SystemClock().Now() - std::chrono::milliseconds{1});
  const auto rows = before.NotTakenOver(late);
  EXPECT_EQ(rows.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(rows), "database_timeout");
  EXPECT_EQ(ReasonOf(before.MarkTakenOver("ranking", 1, late)), "database_timeout");
}

TEST(PgRunRepository, SaysUnavailableWhileTheDatabaseIsAway) {
  pg::Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/none"});
  PgRunRepository runs(pool, kExpiry);
  EXPECT_EQ(runs.Start({}, {"host", "session"}, kNoDeadline).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::trainer::testing
