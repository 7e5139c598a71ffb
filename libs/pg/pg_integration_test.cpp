#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <pqxx/pqxx>
#include <thread>

#include "pg/array.h"
#include "pg/bulk.h"
#include "pg/pool.h"
#include "pg/testing.h"

namespace marquee::pg {
namespace {

using std::chrono::milliseconds;

class PoolTest : public testing::Test {
 protected:
  PoolTest() {
    database_.Execute(
        "CREATE TABLE parent (id bigint CONSTRAINT parent_key PRIMARY KEY);"
        "CREATE TABLE child (id bigint PRIMARY KEY, parent bigint CONSTRAINT child_parent "
        "REFERENCES parent,"
        " n int CONSTRAINT child_n CHECK (n > 0), t text);"
        "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1, 1, 'one');");
  }
  PoolConfig Config(int connections = 2) const {
    return {.uri = database_.uri(),
            .max_connections = connections,
            .acquire_timeout = milliseconds(300)};
  }
  static Result<std::int64_t> Count(Pool& pool) {
    return pool.Read([](Transaction& tx) -> Result<std::int64_t> {
      return tx.exec("SELECT count(*) FROM child")[0][0].as<std::int64_t>();
    });
  }
  static Status Exec(Pool& pool, const std::string& sql, const RunOptions& options = {}) {
    return pool.Run(
        [&](Transaction& tx) -> Status {
          tx.exec(sql);
          return {};
        },
        options);
  }
  TestDatabase database_;
};

TEST_F(PoolTest, CommitsAndRollsBack) {
  Pool pool(Config());
  ASSERT_TRUE(Exec(pool, "INSERT INTO child VALUES (2, 1, 1, 'two')").ok());
  const Status refused = pool.Run([](Transaction& tx) -> Status {
    tx.exec("INSERT INTO child VALUES (3, 1, 1, 'three')");
    return Error::NotFound("movie_unknown", "no such movie");
  });
  EXPECT_EQ(refused.error().reason, "movie_unknown");
  EXPECT_EQ(Count(pool).value(), 2);
  EXPECT_EQ(pool.Stats().in_use, 0);
}

TEST_F(PoolTest, TranslatesViolationsAndKeepsTheConnection) {
  Pool pool(Config(1));
  const auto unique = Exec(pool, "INSERT INTO parent VALUES (1)");
  EXPECT_EQ(unique.error().code, Code::kAlreadyExists);
  EXPECT_TRUE(IsViolationOf(unique.error(), "parent_key"));
  const auto foreign = Exec(pool, "INSERT INTO child VALUES (9, 77, 1, '')");
  EXPECT_EQ(foreign.error().code, Code::kFailedPrecondition);
  EXPECT_TRUE(IsViolationOf(foreign.error(), "child_parent"));
  const auto check = Exec(pool, "INSERT INTO child VALUES (9, 1, 0, '')");
  EXPECT_EQ(check.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(IsViolationOf(check.error(), "child_n"));
  EXPECT_EQ(Exec(pool, "nonsense").error().code, Code::kInternal);
  EXPECT_EQ(pool.Stats().open, 1);
  EXPECT_EQ(Count(pool).value(), 1);
}

TEST_F(PoolTest, HasNothingCompiled) {
  database_.Execute(std::string("ALTER DATABASE \"") + pqxx::connection(database_.uri()).dbname() +
                    "\" SET jit = on");
  Pool pool(Config());
  const auto jit = pool.Read([](Transaction& tx) -> Result<std::string> {
    return tx.exec("SHOW jit")[0][0].as<std::string>();
  });
  EXPECT_EQ(jit.value(), "off");
}

TEST_F(PoolTest, ReadRefusesToWrite) {
  Pool pool(Config());
  const auto status = pool.Read([](Transaction& tx) -> Status {
    tx.exec("DELETE FROM child");
    return {};
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Count(pool).value(), 1);
}

TEST_F(PoolTest, ReadsOneStatementWithoutATransaction) {
  Pool pool(Config(1));
  const auto read = [&](std::int64_t id) {
    return pool.ReadOne([&](Transaction& tx) -> Result<std::string> {
      Prepare(tx, "child", "SELECT t FROM child WHERE id = $1");
      const auto rows = tx.exec_prepared("child", id);
      if (rows.empty()) return Error::NotFound("child_unknown", "no such child");
      return std::string(rows[0][0].c_str());
    });
  };
  EXPECT_EQ(read(1).value(), "one");
  EXPECT_EQ(read(2).error().reason, "child_unknown");
  EXPECT_EQ(read(1).value(), "one");
  const auto refused = pool.ReadOne([](Transaction& tx) -> Status {
    tx.exec("nonsense");
    return {};
  });
  EXPECT_EQ(refused.error().code, Code::kInternal);
  ASSERT_TRUE(Exec(pool, "INSERT INTO child VALUES (2, 1, 1, 'two')").ok());
  EXPECT_EQ(read(2).value(), "two");
  EXPECT_EQ(pool.Stats().open, 1);
}

TEST_F(PoolTest, EndsOneStatementSoonAfterTheDeadline) {
  Pool pool(Config(1));
  const auto sleep = [&](milliseconds left) {
    return pool.ReadOne(
        [](Transaction& tx) -> Status {
          tx.exec("SELECT pg_sleep(0.6)");
          return {};
        },
        {.deadline = SystemClock().Now() + left});
  };
  EXPECT_EQ(sleep(milliseconds(200)).error().code, Code::kDeadlineExceeded);
  EXPECT_TRUE(sleep(milliseconds(5'000)).ok());  // the limit isn't the last call's
  EXPECT_EQ(sleep(milliseconds(200)).error().code, Code::kDeadlineExceeded);
}

TEST_F(PoolTest, EndsAStatementAtTheDeadline) {
  Pool pool(Config(1));
  const auto started = std::chrono::steady_clock::now();
  const auto status =
      Exec(pool, "SELECT pg_sleep(20)", {.deadline = SystemClock().Now() + milliseconds(200)});
  EXPECT_EQ(status.error().code, Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  EXPECT_EQ(
      Exec(pool, "SELECT 1", {.deadline = SystemClock().Now() - milliseconds(1)}).error().code,
      Code::kDeadlineExceeded);
  EXPECT_TRUE(Count(pool).ok());
}

TEST_F(PoolTest, RefusesWhenAllConnectionsStayLent) {
  Pool pool(Config(1));
  const auto status = pool.Run([&](Transaction&) -> Status {
    const auto inner = Count(pool);
    EXPECT_EQ(inner.error().reason, "database_busy");
    EXPECT_TRUE(pool.Health().ok());
    return {};
  });
  EXPECT_TRUE(status.ok());
}

TEST_F(PoolTest, SurvivesTheLossOfIdleConnections) {
  Pool pool(Config());
  ASSERT_TRUE(Count(pool).ok());
  database_.KillConnections();
  EXPECT_EQ(Count(pool).value(), 1);
}

TEST_F(PoolTest, ReportsALossInFlightAndRecovers) {
  Pool pool(Config());
  const auto lost = pool.Run([&](Transaction& tx) -> Status {
    tx.exec("INSERT INTO child VALUES (5, 1, 1, 'five')");
    database_.KillConnections();
    tx.exec("SELECT 1");
    return {};
  });
  EXPECT_EQ(lost.error().reason, "database_unavailable");
  EXPECT_EQ(Count(pool).value(), 1);
  EXPECT_EQ(pool.Stats().open, 1);
}

TEST_F(PoolTest, StartsWithoutADatabaseAndTellsTheTruth) {
  Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/none"});
  EXPECT_EQ(pool.Health().error().reason, "database_unavailable");
  EXPECT_EQ(Exec(pool, "SELECT 1").error().code, Code::kUnavailable);
  EXPECT_EQ(pool.Stats().open, 0);
  PoolConfig config = Config(4);
  config.min_connections = 3;
  Pool good(config);
  EXPECT_TRUE(good.Health().ok());
  EXPECT_EQ(good.Stats().open, 3) << "no request waits for the first connections";
  EXPECT_EQ(good.Stats().in_use, 0);
}

// A failover: new sessions lead to a server that takes no writes, until they lead to another again.
TEST_F(PoolTest, OutlivesATimeWithoutWrites) {
  const std::string name = pqxx::connection(database_.uri()).dbname();
  const auto set = [&](const std::string& value) {
    database_.Execute("BEGIN READ WRITE; ALTER DATABASE \"" + name +
                      "\" SET default_transaction_read_only = " + value + "; COMMIT");
  };
  Pool pool(Config(3));
  PoolConfig only_reads = Config();
  only_reads.needs_writes = false;
  Pool reader(only_reads);
  ASSERT_TRUE(Exec(pool, "INSERT INTO child VALUES (2, 1, 1, 'two')").ok());
  set("on");
  database_.KillConnections();
  const Status refused = Exec(pool, "INSERT INTO child VALUES (3, 1, 1, 'three')");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().reason, "database_read_only");
  EXPECT_EQ(Count(pool).value(), 2) << "reading goes on";
  EXPECT_EQ(pool.Health().error().reason, "database_read_only");
  EXPECT_TRUE(reader.Health().ok());
  // Sessions of now keep what they were opened with, as those to an old primary do.
  set("off");
  EXPECT_TRUE(pool.Health().ok());
  EXPECT_TRUE(Exec(pool, "INSERT INTO child VALUES (4, 1, 1, 'four')").ok());
  EXPECT_EQ(Count(pool).value(), 3);
}

TEST_F(PoolTest, AsksAConnectionThatAnUnknownErrorLeftInDoubt) {
  Pool pool(Config(1));
  const auto fail = [&](const std::string& before) {
    return Exec(pool, before + "DO $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = 'ZZ123'; END $$");
  };
  const auto backend = [&] {
    return *pool.Read([](Transaction& tx) -> Result<int> {
      return tx.exec("SELECT pg_backend_pid()")[0][0].as<int>();
    });
  };
  const int first = backend();
  EXPECT_EQ(fail("").error().code, Code::kInternal);
  EXPECT_EQ(backend(), first) << "it answered as it should";
  ASSERT_TRUE(Exec(pool, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").ok());
  EXPECT_EQ(fail("").error().code, Code::kInternal) << "tried again on a connection that writes";
  EXPECT_NE(backend(), first);
}

TEST_F(PoolTest, RetriesSerializationFailures) {
  Pool pool(Config(4));
  std::atomic<int> runs{0};
  std::barrier both_have_read(2);
  auto increment = [&] {
    bool first = true;
    return pool.Run(
        [&](Transaction& tx) -> Status {
          ++runs;
          tx.exec("SELECT n FROM child WHERE id = 1");
          if (std::exchange(first, false)) both_have_read.arrive_and_wait();
          tx.exec("UPDATE child SET n = n + 1 WHERE id = 1");
          return {};
        },
        {.isolation = Isolation::kSerializable});
  };
  Status other;
  std::thread thread([&] { other = increment(); });
  const Status mine = increment();
  thread.join();
  EXPECT_TRUE(mine.ok());
  EXPECT_TRUE(other.ok());
  EXPECT_EQ(runs, 3);
  const auto n = pool.Read([](Transaction& tx) -> Result<int> {
    return tx.exec("SELECT n FROM child WHERE id = 1")[0][0].as<int>();
  });
  EXPECT_EQ(n.value(), 3);
}

TEST_F(PoolTest, GivesUpWhenItAlwaysConflicts) {
  Pool pool(Config());
  int runs = 0;
  const auto status = pool.Run([&](Transaction& tx) -> Status {
    ++runs;
    tx.exec("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$");
    return {};
  });
  EXPECT_EQ(status.error().code, Code::kAborted);
  EXPECT_EQ(runs, 4);
}

TEST_F(PoolTest, ArraysArriveAsTheyWere) {
  Pool pool(Config());
  const std::vector<std::string> texts{"", "NULL", R"(a"b\c)", "{1,2}", "Amélie, 2001", "'; DROP"};
  const auto back = pool.Read([&](Transaction& tx) -> Result<std::vector<std::string>> {
    return ParseTextArray(tx.exec_params("SELECT $1::text[]", Array(texts))[0][0].c_str());
  });
  EXPECT_EQ(back.value(), texts);
}

TEST_F(PoolTest, ReadsInChunks) {
  Pool pool(Config());
  const auto sum = pool.Run([&](Transaction& tx) -> Result<std::int64_t> {
    tx.exec(
        "INSERT INTO child (id, parent, n) SELECT 99 + i, 1, i FROM generate_series(1, 1000) i");
    std::int64_t seen = 0;
    int chunks = 0;
    RETURN_IF_ERROR(ForEachChunk(tx, "SELECT n FROM child WHERE id >= 100", 300,
                                 [&](const pqxx::result& rows) -> Status {
                                   ++chunks;
                                   for (const auto& row : rows) seen += row[0].as<std::int64_t>();
                                   return {};
                                 }));
    EXPECT_EQ(chunks, 4);
    return seen;
  });
  EXPECT_EQ(sum.value(), 500'500);
}

}  // namespace
}  // namespace marquee::pg
