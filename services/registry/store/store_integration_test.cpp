#include <gtest/gtest.h>

#include <pqxx/pqxx>

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
  ASSERT_TRUE(store.versions().Add(Version("ranking", 1, true, 0)).ok());
  int inner = -1;
  const auto outer = store.versions().AnnouncePending([&](const Promotion&) -> Status {
    // Another replica looks while this one waits for Kafka.
    if (inner < 0)
      inner = store.versions()
                  .AnnouncePending([](const Promotion&) -> Status { return {}; })
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
  ASSERT_TRUE(store.artefacts().Put("a", folder.path() / "file").ok());
  const auto before = store.artefacts().Identify("a").value();
  store.database().Execute("UPDATE artefact_chunks SET bytes = 'nodel' WHERE artefact_id = 'a'");
  const auto after = store.artefacts().Identify("a").value();
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
  EXPECT_EQ(store.artefacts().Put("a", folder.path() / "file").error().code, Code::kUnavailable);
  EXPECT_FALSE(store.artefacts().Identify("a")->has_value());
  EXPECT_TRUE(store.artefacts().OlderThan(std::chrono::milliseconds{0})->empty());
}

TEST(PgVersionStore, SaysUnavailableWhileTheDatabaseIsAway) {
  pg::Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/none"});
  EXPECT_EQ(PgVersionStore(pool).PendingAnnouncements().error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::registry::testing
