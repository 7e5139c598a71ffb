#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "base/testing/calls.h"
#include "config/config.h"
#include "pg/testing.h"
#include "registry/store/artefact_store.h"
#include "registry/store/version_store.h"
#include "registry/testing/artefact_store_contract.h"
#include "registry/testing/version_store_contract.h"

namespace marquee::registry::testing {
namespace {

class OnPostgres {
 public:
  static bool Available() {
    return config::SystemEnvironment().Get("MARQUEE_TEST_POSTGRES_URI").has_value();
  }
  OnPostgres() { database_.Migrate("services/registry/migrations"); }
  VersionStore& versions() { return versions_; }
  ArtefactStore& artefacts() { return artefacts_; }
  const pg::TestDatabase& database() const { return database_; }
  pg::Pool& pool() { return pool_; }

 private:
  pg::TestDatabase database_;
  pg::Pool pool_{pg::PoolConfig{.uri = database_.uri(), .max_connections = 10}};
  PgVersionStore versions_{pool_};
  PgArtefactStore artefacts_{pool_, std::chrono::milliseconds{60'000}};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, VersionStoreContract, OnPostgres);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ArtefactStoreContract, OnPostgres);

TEST(PgVersionStore, OneReplicaAnnouncesAtATime) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  ASSERT_TRUE(store.versions().Add(Version("ranking", 1, true, 0), kNoDeadline).ok());
  int inner = -1;
  const auto outer = store.versions().AnnouncePending(kNoDeadline, [&](const Promotion&) -> Status {
    // Another replica looks while this one waits for Kafka.
    if (inner < 0)
      inner = store.versions()
                  .AnnouncePending(kNoDeadline, [](const Promotion&) -> Status { return {}; })
                  .value_or(-2);
    return {};
  });
  EXPECT_EQ(inner, 0);
  EXPECT_EQ(outer.value_or(-1), 2);
}

TEST(PgArtefactStore, SeesWhenSomebodyHasTouchedTheBytes) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "model";
  ASSERT_TRUE(store.artefacts().Put("a", folder.path() / "file", kNoDeadline).ok());
  const auto before = store.artefacts().Identify("a", kNoDeadline).value();
  store.database().Execute("UPDATE artefact_chunks SET bytes = 'nodel' WHERE artefact_id = 'a'");
  const auto after = store.artefacts().Identify("a", kNoDeadline).value();
  EXPECT_EQ(after->bytes, before->bytes);
  EXPECT_NE(after, before);
}

// A file that shrinks while it is stored stands for a process that is killed: what the transaction
// hadn't committed isn't there.
TEST(PgArtefactStore, WhatTheDatabaseLosesInTheMiddleLeavesNothing) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << std::string(3 * kChunkBytes, 'x');
  // The second chunk breaks the session that brings it, as a kill does.
  store.database().Execute(
      "CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN new; END $$;"
      "CREATE TRIGGER kill AFTER INSERT ON artefact_chunks FOR EACH ROW "
      "WHEN (new.position = 1) EXECUTE FUNCTION kill()");
  EXPECT_EQ(store.artefacts().Put("a", folder.path() / "file", kNoDeadline).error().code,
            Code::kUnavailable);
  EXPECT_FALSE(store.artefacts().Identify("a", kNoDeadline)->has_value());
  EXPECT_TRUE(store.artefacts().OlderThan(std::chrono::milliseconds{0}, kNoDeadline)->empty());
}

TEST(PgVersionStore, WritesDownWhoRegisteredAndWhoMoved) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  const auto by = [](std::int64_t user_id) {
    CallContext call = kNoDeadline;
    call.caller.user_id = user_id;
    return call;
  };
  ASSERT_TRUE(store.versions().Add(Version("ranking", 1, true, 0), by(77)).ok());
  ASSERT_TRUE(store.versions().SetAlias("ranking", "champion", 1, by(78)).ok());
  const auto who = store.pool().Read([](pg::Transaction& tx) -> Result<std::string> {
    return tx
        .exec(
            "SELECT (SELECT string_agg(registered_by::text, ',') FROM model_versions) || ';' || "
            "  (SELECT string_agg(moved_by::text, ',' ORDER BY promotion_id) FROM promotions) || "
            "  ';' || (SELECT moved_by FROM model_aliases WHERE alias = 'champion')")[0][0]
        .as<std::string>();
  });
  EXPECT_EQ(who.value_or(""), "77;77,77,78;78");
}

// What a call got whose time was up before it began.
template <typename Outcome>
std::string ReasonOf(const Outcome& outcome) {
  return outcome.ok() ? "" : outcome.error().reason;
}

TEST(PgVersionStore, NothingIsDoneForACallWhoseTimeIsUp) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  auto& versions = store.versions();
  const CallContext late(SystemClock().Now() - std::chrono::milliseconds{1});
  const auto added = versions.Add(Version("ranking", 1, true), late);
  EXPECT_EQ(added.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(added), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.TakeOver({.model = "ranking", .version = 1}, late)),
            "database_timeout");
  EXPECT_EQ(ReasonOf(versions.ListVersions("ranking", 0, 10, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.OfRuns({1}, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.GetVersion("ranking", 1, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.GetAlias("ranking", "champion", late)), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.SetAlias("ranking", "champion", 1, late)), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.AnnouncePending(late, [](const Promotion&) { return Status(); })),
            "database_timeout");
  EXPECT_EQ(ReasonOf(versions.PendingAnnouncements(late)), "database_timeout");
  EXPECT_EQ(ReasonOf(versions.Artefacts(late)), "database_timeout");
  EXPECT_TRUE(versions.ListVersions("ranking", 0, 10, kNoDeadline)->empty());
}

TEST(PgArtefactStore, NothingIsDoneForACallWhoseTimeIsUp) {
  if (!OnPostgres::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
  OnPostgres store;
  auto& artefacts = store.artefacts();
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "model";
  ASSERT_TRUE(artefacts.Put("a", folder.path() / "file", kNoDeadline).ok());
  const CallContext late(SystemClock().Now() - std::chrono::milliseconds{1});
  const auto put = artefacts.Put("b", folder.path() / "file", late);
  EXPECT_EQ(put.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(put), "database_timeout");
  EXPECT_EQ(ReasonOf(artefacts.Read("a", late, [](const std::string&) { return Status(); })),
            "database_timeout");
  EXPECT_EQ(ReasonOf(artefacts.Identify("a", late)), "database_timeout");
  EXPECT_EQ(ReasonOf(artefacts.Remove("a", late)), "database_timeout");
  EXPECT_EQ(ReasonOf(artefacts.OlderThan(std::chrono::milliseconds{0}, late)), "database_timeout");
  EXPECT_TRUE(artefacts.Identify("a", kNoDeadline)->has_value());
}

TEST(PgVersionStore, SaysUnavailableWhileTheDatabaseIsAway) {
  pg::Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/none"});
  EXPECT_EQ(PgVersionStore(pool).PendingAnnouncements(kNoDeadline).error().code,
            Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::registry::testing
