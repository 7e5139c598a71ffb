// A bounded pool of PostgreSQL connections and the transactions run on them. Driver exceptions stop
// here.
//
//   auto count = pool.Run([&](pg::Transaction& tx) -> Result<std::int64_t> {
//     const auto rows = tx.exec_params("SELECT count(*) FROM movies WHERE year = $1", year);
//     return rows[0][0].as<std::int64_t>();
//   }, {.deadline = call.deadline()});
//
// Callers' .cpp files include <pqxx/pqxx> for the transaction's methods; headers of ours never do.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace pqxx {
class transaction_base;
}

namespace marquee::pg {

// exec_params(sql, values…), exec(sql) and what else pqxx 6 and 7 have in common. Never build SQL
// from input.
using Transaction = pqxx::transaction_base;

struct PoolConfig {
  std::string uri = {};  // postgresql://user:password@host:port/database, or libpq's key=value form
  int min_connections = 2;  // opened before the pool is first healthy, and kept open when idle
  int max_connections = 8;
  std::chrono::milliseconds acquire_timeout{2'000};  // a call waits no longer for a free connection
  std::chrono::milliseconds statement_timeout{
      10'000};  // and no statement runs longer, whatever the call's deadline
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds idle_timeout{
      300'000};          // an idle connection above the minimum is closed after this
  int max_attempts = 4;  // of a transaction that failed by serialization or deadlock
  std::string application_name = "marquee";
  // Whether the service is of no use while the database takes no writes: Health() then tries one.
  bool needs_writes = true;
};

// What a pool reports, for metrics; called from callers' threads, outside the pool's lock. Any may
// be empty.
struct PoolHooks {
  std::function<void(std::chrono::nanoseconds waited)> acquired;  // a connection was lent
  std::function<void(int open, int in_use)> resized;              // either number changed
  std::function<void(std::chrono::nanoseconds took, std::optional<Code>)>
      finished;  // a Run ended; nullopt: success
};

struct PoolStats {
  int open = 0;
  int in_use = 0;
  std::int64_t lent = 0;  // times that one was lent, since the start
};

enum class Isolation { kReadCommitted, kRepeatableRead, kSerializable };

struct RunOptions {
  Time deadline = Time::max();  // the call's; also becomes the transaction's statement_timeout
  Isolation isolation = Isolation::kReadCommitted;
  // Lifts the pool's statement_timeout to this for one transaction (exports, imports). The deadline
  // still holds.
  std::optional<std::chrono::milliseconds> statement_timeout = {};
};

// For statements that have a bound of their own: so long from now, or until the call's deadline if
// that is earlier.
inline RunOptions Within(std::chrono::milliseconds time, Time deadline = Time::max()) {
  return {.deadline = std::min<Time>(SystemClock().Now() + time, deadline),
          .isolation = {},
          .statement_timeout = {}};
}

// Thread-safe. Starting never blocks and never fails: connections are opened when first needed or
// asked for by Health(), and again after a loss.
class Pool {
 public:
  explicit Pool(PoolConfig config, PoolHooks hooks = {});
  ~Pool();  // every Run must have returned
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Runs `fn(Transaction&)`, which returns a Result<T> (or Status), in a read-write transaction and
  // commits; an error from `fn`, or an exception, rolls back. `fn` may run more than once
  // (serialization failure, deadlock): it must have no effects outside the transaction, and must
  // let the driver's exceptions pass. Errors of the database come as:
  // - AlreadyExists "unique_violation", FailedPrecondition "foreign_key_violation", InvalidArgument
  //   "check_violation": `field` is the constraint's name (see IsViolationOf); a store maps these
  //   to the domain's own errors before they leave;
  // - Aborted "transaction_conflict": still conflicting after max_attempts;
  // - Unavailable "database_unavailable": no connection, or it broke (the commit may have
  // happened);
  // - Unavailable "database_read_only": it takes no writes, on new connections neither (a failover
  //   that isn't over); nothing has happened;
  // - Unavailable "database_busy": no connection became free within acquire_timeout;
  // - DeadlineExceeded "database_timeout": the deadline or statement_timeout passed;
  // - Internal: everything else, the driver's text in the message (for the log).
  template <typename Fn>
  auto Run(Fn&& fn, const RunOptions& options = {}) -> std::invoke_result_t<Fn&, Transaction&> {
    return RunAs(Kind::kReadWrite, std::forward<Fn>(fn), options);
  }

  // The same in a READ ONLY transaction.
  template <typename Fn>
  auto Read(Fn&& fn, const RunOptions& options = {}) -> std::invoke_result_t<Fn&, Transaction&> {
    return RunAs(Kind::kReadOnly, std::forward<Fn>(fn), options);
  }

  // For an `fn` that executes one SELECT: outside any transaction, in one round trip where Read
  // takes three; with a statement named by Prepare it isn't planned again either. Ends by the
  // deadline, or later by as much again (125 ms at least); `isolation` means nothing. Both stay
  // with the session: a pooler that shares sessions (PgBouncer's transaction mode) mustn't stand
  // between.
  template <typename Fn>
  auto ReadOne(Fn&& fn, const RunOptions& options = {}) -> std::invoke_result_t<Fn&, Transaction&> {
    return RunAs(Kind::kStatement, std::forward<Fn>(fn), options);
  }

  // Opens min_connections, once. Whether the database answers, and takes writes if the service
  // needs them: at once if that succeeded in the last second, else by asking (0.4 s at most). After
  // a write that failed for a reason of the database's, and at first, by writing a message of a few
  // bytes to the WAL. A pool that is merely busy is healthy.
  Status Health();
  PoolStats Stats() const;

 private:
  enum class Kind { kReadWrite, kReadOnly, kStatement };

  template <typename Fn>
  auto RunAs(Kind kind, Fn&& fn, const RunOptions& options)
      -> std::invoke_result_t<Fn&, Transaction&> {
    using Outcome = std::invoke_result_t<Fn&, Transaction&>;
    if constexpr (std::is_same_v<Outcome, Status>) {
      return Execute(kind, options, std::ref(fn));
    } else {
      std::optional<Outcome> outcome;
      Status status = Execute(kind, options, [&](Transaction& tx) -> Status {
        outcome.emplace(fn(tx));
        if (!outcome->ok()) return outcome->error();
        return {};
      });
      if (!status.ok()) return std::move(status).error();
      return *std::move(outcome);
    }
  }
  Status Execute(Kind kind, const RunOptions& options,
                 const std::function<Status(Transaction&)>& fn);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Makes `name` (short, one for each statement of a service) the name of `sql`, which the connection
// prepares at its first tx.exec_prepared(name, values…) and plans no more. Cheap to call every
// time.
void Prepare(Transaction& tx, const std::string& name, const std::string& sql);

// Whether the error is the violation of that constraint (unique, foreign key or check).
bool IsViolationOf(const Error& error, std::string_view constraint);

}  // namespace marquee::pg
