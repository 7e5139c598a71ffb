#include "pg/pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <pqxx/pqxx>
#include <random>
#include <thread>

#include "pg/translate.h"

namespace marquee::pg {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// libpq reads both forms; what is said last stands. tcp_user_timeout ends a connection whose peer
// vanished.
std::string WithParameters(const PoolConfig& config) {
  const auto connect_seconds =
      std::to_string(std::max<std::int64_t>(2, (config.connect_timeout.count() + 999) / 1000));
  const bool is_uri = config.uri.find("://") != std::string::npos;
  std::string text = config.uri;
  bool first = text.find('?') == std::string::npos;
  auto add = [&](std::string_view name, const std::string& value) {
    text += is_uri ? (first ? "?" : "&") : " ";
    first = false;
    text.append(name).append("=").append(value);
  };
  add("connect_timeout", connect_seconds);
  add("keepalives_idle", "10");
  add("keepalives_interval", "5");
  add("keepalives_count", "3");
  add("tcp_user_timeout", "15000");
  if (text.find("application_name=") == std::string::npos) {
    add("application_name", config.application_name);
  }
  return text;
}

// Something that only a server which takes writes can do, and that leaves nothing behind but a
// record in its log; where the role may not, the settings that TakesWrites reads are all there is.
constexpr char kWriteNothing[] =
    "SELECT CASE WHEN has_function_privilege('pg_logical_emit_message(boolean,text,text)', "
    "'EXECUTE')"
    " THEN pg_logical_emit_message(true, 'marquee', 'ready') END";

constexpr milliseconds kHealthLimit{400};

milliseconds Jittered(milliseconds base) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(
      std::uniform_int_distribution<std::int64_t>(base.count() / 2 + 1, base.count() + 1)(random));
}

struct Session {
  explicit Session(const std::string& uri) : pq(uri) {
#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
    // pqxx 6 would reconnect behind our back, in the middle of what we take for one transaction.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    pq.activate();
    pq.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
    // Compiling takes longer than any statement of ours, and what looks expensive by the statistics
    // of a table that has just been filled would be compiled each time.
    pqxx::nontransaction(pq).exec("SET jit = off");
  }
  pqxx::connection pq;
  Steady::time_point idle_since{};
  bool reused = false;
  std::uint64_t generation = 0;
  milliseconds statement_timeout{-1};  // the session's; -1: the server's default
};

}  // namespace

class Pool::Impl {
 public:
  using Kind = Pool::Kind;

  Impl(PoolConfig config, PoolHooks hooks)
      : config_(std::move(config)), hooks_(std::move(hooks)), uri_(WithParameters(config_)) {}

  Status Execute(Kind kind, const RunOptions& options,
                 const std::function<Status(Transaction&)>& fn) {
    const auto started = Steady::now();
    Status status = ExecuteWithRetries(kind, options, fn);
    if (hooks_.finished) {
      hooks_.finished(Steady::now() - started,
                      status.ok() ? std::nullopt : std::optional(status.error().code));
    }
    return status;
  }

  Status Health() {
    if (!filled_) {
      if (Status filled = Fill(); !filled.ok()) return filled;
    }
    const auto age = Steady::now().time_since_epoch() - milliseconds(1000);
    const auto& last = config_.needs_writes ? last_write_ : last_success_;
    if (last.load(std::memory_order_relaxed) > age.count()) return {};
    if (StatsNow().in_use >= config_.max_connections)
      return last_failed_.load() ? Down() : Status{};
    const RunOptions soon = Within(kHealthLimit);
    if (!config_.needs_writes) {
      return Execute(Kind::kStatement, soon, [](Transaction& tx) -> Status {
        tx.exec("SELECT 1");
        return {};
      });
    }
    return Execute(Kind::kReadWrite, soon, [this](Transaction& tx) -> Status {
      if (!TakesWrites(tx)) throw Thrown{ReadOnly()};
      if (write_failed_) tx.exec(kWriteNothing);
      return {};
    });
  }

  PoolStats StatsNow() const {
    const std::lock_guard lock(mutex_);
    return {open_, open_ - static_cast<int>(idle_.size()), lent_};
  }

 private:
  static Error Down() {
    return Error::Unavailable("database_unavailable", "the database can't be reached; try again");
  }

  // Lends itself as many connections at once as are to be open: a look-up of a name and a log-in
  // are paid for before the first request. Those opened by an attempt that fails stay.
  Status Fill() {
    const auto deadline = SystemClock().Now() + kHealthLimit;
    std::vector<std::unique_ptr<Session>> lent;
    Status status;
    const int count = std::min(config_.min_connections, config_.max_connections);
    while (status.ok() && static_cast<int>(lent.size()) < count &&
           StatsNow().in_use < config_.max_connections) {
      auto session = Acquire(deadline);
      if (session.ok()) {
        lent.push_back(std::move(*session));
      } else {
        status = std::move(session).error();
      }
    }
    for (auto& session : lent) Release(std::move(session), true);
    filled_ = status.ok();
    return status;
  }

  Status ExecuteWithRetries(Kind kind, const RunOptions& options,
                            const std::function<Status(Transaction&)>& fn) {
    milliseconds backoff{10};
    for (int attempt = 1;; ++attempt) {
      bool stale = false;
      Failure failure = Attempt(kind, options, fn, stale);
      if (failure.error.reason.empty()) return {};
      // A connection that broke while idle has run nothing of ours: take another, at no cost to the
      // attempts.
      if (stale) {
        --attempt;
        continue;
      }
      if (!failure.retry || attempt >= config_.max_attempts) return std::move(failure.error);
      const auto pause = Jittered(backoff);
      if (options.deadline != Time::max() && SystemClock().Now() + pause >= options.deadline) {
        return std::move(failure.error);
      }
      std::this_thread::sleep_for(pause);
      backoff = std::min(backoff * 2, milliseconds(200));
    }
  }

  static bool TakesWrites(Transaction& tx) {
    return tx
        .exec("SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'")
            [0][0]
        .as<bool>();
  }

  // An empty error is success.
  Failure Attempt(Kind kind, const RunOptions& options,
                  const std::function<Status(Transaction&)>& fn, bool& stale) {
    auto acquired = Acquire(options.deadline);
    if (!acquired.ok()) return {std::move(acquired).error(), false};
    std::unique_ptr<Session> connection = std::move(*acquired);
    bool begun = false;
    bool discard = false;  // what isn't known to be outside any transaction is not lent again
    Failure failure;
    try {
      pqxx::nontransaction tx(connection->pq);
      if (kind == Kind::kStatement) {
        LimitStatements(*connection, tx, options);
      } else {
        tx.exec(BeginStatement(kind, options));
        begun = true;
      }
      Status status = Guarded(fn, tx);
      if (kind == Kind::kStatement) {
        if (!status.ok()) failure.error = std::move(status).error();
      } else if (status.ok()) {
        tx.exec("COMMIT");
      } else {
        failure.error = std::move(status).error();
        tx.exec("ROLLBACK");
      }
    } catch (const Thrown& thrown) {
      failure = thrown.failure;
    } catch (const std::exception& exception) {
      // A rollback that fails hides nothing: the error of `fn` stands.
      Failure translated = Translate(exception);
      discard = true;
      if (failure.error.reason.empty()) failure = std::move(translated);
    }
    stale = !begun && failure.connection == Connection::kLost && connection->reused;
    if (failure.read_only && kind == Kind::kReadOnly) failure = WroteInARead();
    const bool usable = !discard && Usable(*connection, kind, begun, failure);
    Note(kind, failure);
    Release(std::move(connection), usable);
    return failure;
  }

  struct Thrown {
    Failure failure;
  };

  // Errors of `fn` are told from those of BEGIN, COMMIT and ROLLBACK.
  Status Guarded(const std::function<Status(Transaction&)>& fn, pqxx::nontransaction& tx) {
    try {
      return fn(tx);
    } catch (const std::exception& exception) {
      throw Thrown{Translate(exception)};
    }
  }

  milliseconds StatementLimit(const RunOptions& options) const {
    const milliseconds limit = options.statement_timeout.value_or(config_.statement_timeout);
    if (options.deadline == Time::max()) return limit;
    const auto left = std::chrono::ceil<milliseconds>(options.deadline - SystemClock().Now());
    return std::clamp(left, milliseconds(1), limit);
  }

  // The session's own limit, which stays: rounded up, so that one value serves most calls and
  // setting it costs nothing.
  void LimitStatements(Session& connection, pqxx::nontransaction& tx,
                       const RunOptions& options) const {
    const milliseconds limit = StatementLimit(options);
    milliseconds rounded{125};
    while (rounded < limit) rounded *= 2;
    rounded = std::min(rounded, options.statement_timeout.value_or(config_.statement_timeout));
    if (connection.statement_timeout == rounded) return;
    tx.exec("SET statement_timeout = " + std::to_string(rounded.count()));
    connection.statement_timeout = rounded;
  }

  std::string BeginStatement(Kind kind, const RunOptions& options) const {
    std::string sql = "BEGIN ISOLATION LEVEL ";
    switch (options.isolation) {
      case Isolation::kReadCommitted: sql += "READ COMMITTED"; break;
      case Isolation::kRepeatableRead: sql += "REPEATABLE READ"; break;
      case Isolation::kSerializable: sql += "SERIALIZABLE"; break;
    }
    if (kind == Kind::kReadOnly) sql += " READ ONLY";
    return sql +
           "; SET LOCAL statement_timeout = " + std::to_string(StatementLimit(options).count());
  }

  static Failure WroteInARead() {
    return {Error::Internal("a statement of a read-only transaction writes"), false};
  }

  // Rolls back what an exception left open; a connection that can't do that is thrown away. One
  // that an error left in doubt is asked whether it does what it was opened for, and if it doesn't,
  // that was the error.
  static bool Usable(Session& connection, Kind kind, bool begun, Failure& failure) {
    if (failure.connection == Connection::kLost || !connection.pq.is_open()) return false;
    if (failure.error.reason.empty()) return true;
    try {
      pqxx::nontransaction tx(connection.pq);
      if (begun) tx.exec("ROLLBACK");
      if (failure.connection == Connection::kGood) return true;
      if (TakesWrites(tx) || kind != Kind::kReadWrite) return true;
      failure = ReadOnly();
    } catch (const std::exception&) {
    }
    return false;
  }

  void Note(Kind kind, const Failure& failure) {
    const auto now = Steady::now().time_since_epoch().count();
    const bool lost = failure.connection == Connection::kLost;
    if (kind == Kind::kReadWrite && lost) {
      last_write_ = 0;
      write_failed_ = true;
    } else if (kind == Kind::kReadWrite && failure.error.reason.empty()) {
      last_write_ = now;
      write_failed_ = false;
    }
    if (failure.read_only) {
      // The others were opened when it was, to the same server or by the same rule.
      const std::lock_guard lock(mutex_);
      ++generation_;
      return;
    }
    last_failed_ = lost;
    last_success_ = lost ? 0 : now;
  }

  Result<std::unique_ptr<Session>> Acquire(Time deadline) {
    const auto started = Steady::now();
    auto until = started + config_.acquire_timeout;
    if (deadline != Time::max()) {
      const auto left = deadline - SystemClock().Now();
      if (left <= Time::duration::zero()) {
        return Error::DeadlineExceeded("database_timeout",
                                       "the deadline passed before the database was asked");
      }
      until = std::min(until, started + std::chrono::duration_cast<Steady::duration>(left));
    }
    std::unique_ptr<Session> connection;
    std::vector<std::unique_ptr<Session>> expired;
    std::uint64_t generation = 0;
    {
      std::unique_lock lock(mutex_);
      const bool free = freed_.wait_until(
          lock, until, [this] { return !idle_.empty() || open_ < config_.max_connections; });
      if (!free) {
        return Error::Unavailable("database_busy",
                                  "too many requests use the database at once; try again");
      }
      ++lent_;
      expired = TakeExpired();
      generation = generation_;
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      } else {
        ++open_;
      }
    }
    if (connection == nullptr) {
      try {
        connection = std::make_unique<Session>(uri_);
        connection->generation = generation;
      } catch (const std::exception& exception) {
        Forget();
        Note(Kind::kReadWrite, {{}, false, Connection::kLost});
        return Down();
      }
    }
    if (hooks_.acquired) hooks_.acquired(Steady::now() - started);
    Resized();
    return connection;
  }

  // The longest idle are at the front. Under the lock.
  std::vector<std::unique_ptr<Session>> TakeExpired() {
    std::vector<std::unique_ptr<Session>> expired;
    const auto of_before = std::stable_partition(
        idle_.begin(), idle_.end(),
        [this](const auto& session) { return session->generation == generation_; });
    std::move(of_before, idle_.end(), std::back_inserter(expired));
    idle_.erase(of_before, idle_.end());
    open_ -= static_cast<int>(expired.size());
    const auto limit = Steady::now() - config_.idle_timeout;
    while (open_ > config_.min_connections && idle_.size() > 1 &&
           idle_.front()->idle_since < limit) {
      expired.push_back(std::move(idle_.front()));
      idle_.pop_front();
      --open_;
    }
    return expired;
  }

  void Release(std::unique_ptr<Session> connection, bool usable) {
    if (!usable) {
      connection.reset();
      Forget();
      return;
    }
    connection->idle_since = Steady::now();
    connection->reused = true;
    {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    freed_.notify_one();
    Resized();
  }

  void Forget() {
    {
      const std::lock_guard lock(mutex_);
      --open_;
    }
    freed_.notify_one();
    Resized();
  }

  void Resized() {
    if (!hooks_.resized) return;
    const auto stats = StatsNow();
    hooks_.resized(stats.open, stats.in_use);
  }

  const PoolConfig config_;
  const PoolHooks hooks_;
  const std::string uri_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::deque<std::unique_ptr<Session>> idle_;
  int open_ = 0;  // lent, idle or being opened
  std::int64_t lent_ = 0;
  std::uint64_t generation_ = 0;  // sessions of an earlier one aren't lent again
  std::atomic<Steady::rep> last_success_{0};
  std::atomic<Steady::rep> last_write_{0};
  std::atomic<bool> filled_{false};       // min_connections were open once
  std::atomic<bool> write_failed_{true};  // or none was tried
  std::atomic<bool> last_failed_{false};
};

Pool::Pool(PoolConfig config, PoolHooks hooks)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(hooks))) {}
Pool::~Pool() = default;
Status Pool::Health() { return impl_->Health(); }
PoolStats Pool::Stats() const { return impl_->StatsNow(); }
Status Pool::Execute(Kind kind, const RunOptions& options,
                     const std::function<Status(Transaction&)>& fn) {
  return impl_->Execute(kind, options, fn);
}

void Prepare(Transaction& tx, const std::string& name, const std::string& sql) {
  // pqxx 6 keeps a list for each connection; the same again changes nothing, and the server hears
  // of it at the first use.
  tx.conn().prepare(name, sql);
}

bool IsViolationOf(const Error& error, std::string_view constraint) {
  return error.field == constraint &&
         (error.reason == "unique_violation" || error.reason == "foreign_key_violation" ||
          error.reason == "check_violation");
}

}  // namespace marquee::pg
