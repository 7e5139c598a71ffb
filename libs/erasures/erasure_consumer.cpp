#include "erasures/erasure_consumer.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <vector>

#include "base/periodic_task.h"
#include "erasures/erased_users.h"
#include "kafka/group_consumer.h"
#include "logging/outage.h"
#include "pg/array.h"
#include "pg/time.h"
#include "ratings/topic_projection.h"
#include "rules/ids.h"

namespace marquee::erasures {
namespace {

using std::chrono::milliseconds;

constexpr int kBatch = 500;
constexpr std::chrono::seconds kMostTimeOfOne{120};  // to erase somebody who rated everything
constexpr std::chrono::seconds kMostTime{10};

// Notes them. Writers, who look into the table under its lock, come before or after: what one wrote
// before is there to be deleted, and one who comes after leaves it.
Status Note(pg::Transaction& tx, const std::vector<Erasure>& erasures) {
  if (erasures.empty()) return {};
  std::vector<std::int64_t> users;
  std::vector<std::string> ids;
  std::vector<std::int64_t> times;
  for (const auto& erasure : erasures) {
    users.push_back(erasure.user_id);
    ids.push_back(erasure.erasure_id);
    times.push_back(pg::ToMicroseconds(erasure.requested_at));
  }
  tx.exec("LOCK TABLE erased_users IN EXCLUSIVE MODE");
  tx.exec_params(
      "INSERT INTO erased_users (user_id, erasure_id, requested_at)"
      " SELECT DISTINCT ON (u) u, e, timestamptz 'epoch' + t * interval '1 microsecond'"
      " FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS x(u, e, t)"
      " ON CONFLICT (user_id) DO UPDATE SET erased_at = NULL, confirmed_at = NULL",
      pg::Array(users), pg::Array(ids), pg::Array(times));
  return {};
}

// Erases one who is noted; false when nobody is left, or another replica is at it. Not by locks on
// rows: whoever holds one on the table keeps Note waiting, and all who write behind it.
Result<bool> EraseOne(pg::Pool& pool, const ErasureConsumer::Erase& erase) {
  return pool.Run(
      [&](pg::Transaction& tx) -> Result<bool> {
        if (!tx.exec("SELECT pg_try_advisory_xact_lock(hashtext('marquee.erasures'))")[0][0]
                 .as<bool>())
          return false;
        const auto rows = tx.exec(
            "SELECT user_id, erasure_id, (extract(epoch FROM requested_at) * 1000000)::bigint"
            " FROM erased_users WHERE erased_at IS NULL AND confirmed_at IS NULL"
            " ORDER BY requested_at LIMIT 1");
        if (rows.empty()) return false;
        const Erasure erasure{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::string>(),
                              pg::FromMicroseconds(rows[0][2].as<std::int64_t>())};
        RETURN_IF_ERROR(erase(tx, erasure));
        tx.exec_params("UPDATE erased_users SET erased_at = now() WHERE user_id = $1",
                       erasure.user_id);
        return true;
      },
      {.deadline = SystemClock().Now() + kMostTimeOfOne, .statement_timeout = kMostTimeOfOne});
}

Result<std::vector<Receipt>> Unconfirmed(pg::Pool& pool, const std::string& service) {
  return pool.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Receipt>> {
        std::vector<Receipt> receipts;
        for (const auto& row : tx.exec_params(
                 "SELECT user_id, (extract(epoch FROM erased_at) * 1000000)::bigint"
                 " FROM erased_users WHERE confirmed_at IS NULL AND erased_at IS NOT NULL"
                 " ORDER BY requested_at LIMIT $1",
                 kBatch)) {
          receipts.push_back({row[0].as<std::int64_t>(), service,
                              pg::FromMicroseconds(row[1].as<std::int64_t>())});
        }
        return receipts;
      },
      pg::Within(kMostTime));
}

Status Confirmed(pg::Pool& pool, const std::vector<Receipt>& receipts) {
  std::vector<std::int64_t> users;
  for (const auto& receipt : receipts) users.push_back(receipt.user_id);
  return pool.Run(
      [&](pg::Transaction& tx) -> Status {
        // One who was noted again meanwhile is erased again first.
        tx.exec_params(
            "UPDATE erased_users SET confirmed_at = now()"
            " WHERE user_id = ANY($1::bigint[]) AND erased_at IS NOT NULL",
            pg::Array(users));
        return {};
      },
      pg::Within(kMostTime));
}

Result<std::int64_t> CountUnconfirmed(pg::Pool& pool) {
  return pool.Read(
      [](pg::Transaction& tx) -> Result<std::int64_t> {
        return tx.exec("SELECT count(*) FROM erased_users WHERE confirmed_at IS NULL")[0][0]
            .as<std::int64_t>();
      },
      pg::Within(kMostTime));
}

}  // namespace

std::string MetricName(std::string service) {
  std::ranges::replace(service, '-', '_');
  return service;
}

class ErasureConsumer::Impl {
 public:
  Impl(ErasureConsumerConfig config, pg::Pool& pool, kafka::Producer& producer, Erase erase,
       metrics::Metrics& metrics)
      : config_(std::move(config)),
        prefix_("marquee_" + MetricName(config_.service) + "_"),
        pool_(pool),
        producer_(producer),
        erase_(std::move(erase)),
        erased_(metrics.AddCounter(prefix_ + "erasures_total",
                                   "People of whom everything was deleted, repetitions included")),
        undecodable_(metrics.AddCounter(prefix_ + "erasures_undecodable_total",
                                        "Records of marquee.erasures.v1 that were left out")),
        unconfirmed_(metrics.AddGauge(prefix_ + "erasures_unconfirmed",
                                      "People who are noted and not yet deleted and confirmed")),
        worker_(config_.period, [this](const std::stop_token& stop) { return Work(stop); }),
        projection_(
            pool, config_.erasures_topic,
            [this](pg::Transaction& tx, const kafka::Batch& batch) { return Take(tx, batch); },
            [this] { worker_.Wake(); }),
        consumer_({.cluster = config_.cluster,
                   .group = "marquee-" + config_.service + "-erasures",
                   .topic = config_.erasures_topic,
                   .batch_messages = kBatch},
                  projection_) {
    metrics.AddGaugeFunction(
        prefix_ + "erasures_lag_messages",
        "Records of marquee.erasures.v1 that aren't taken in yet; NaN while unknown", {},
        [this] { return metrics::OrNaN(consumer_.Stats().lag); });
  }

  void Stop() {
    consumer_.Stop();
    worker_.Stop();
  }

 private:
  Status Take(pg::Transaction& tx, const kafka::Batch& batch) {
    std::vector<Erasure> erasures;
    for (const auto& [partition, messages] : batch) {
      for (const auto& message : messages) {
        if (message.tombstone) continue;
        auto erasure = DecodeErasure(message.value);
        if (erasure.ok()) {
          erasures.push_back(*std::move(erasure));
          continue;
        }
        undecodable_.Increment();
        logging::Warning("record left out", {{"topic", config_.erasures_topic},
                                             {"offset", message.offset},
                                             {"reason", erasure.error().reason}});
      }
    }
    return Note(tx, erasures);
  }

  std::optional<milliseconds> Work(const std::stop_token& stop) {
    const Status status = [&]() -> Status {
      while (!stop.stop_requested()) {
        ASSIGN_OR_RETURN(const bool erased, EraseOne(pool_, erase_));
        if (!erased) break;
        erased_.Increment();
        logging::Info("a person was erased", {});
      }
      return Confirm();
    }();
    outage_.Note(status);
    if (const auto count = CountUnconfirmed(pool_); count.ok())
      unconfirmed_.Set(static_cast<double>(*count));
    return std::nullopt;
  }

  // Without a lock while Kafka is waited for: a receipt that two replicas send is one.
  Status Confirm() {
    ASSIGN_OR_RETURN(const std::vector<Receipt> receipts, Unconfirmed(pool_, config_.service));
    if (receipts.empty()) return {};
    std::vector<kafka::Outgoing> messages;
    for (const auto& receipt : receipts) {
      messages.push_back(ToMessage(receipt));
      messages.back().topic = config_.receipts_topic;
    }
    RETURN_IF_ERROR(producer_.ProduceAll(std::move(messages)));
    return Confirmed(pool_, receipts);
  }

  const ErasureConsumerConfig config_;
  const std::string prefix_;
  pg::Pool& pool_;
  kafka::Producer& producer_;
  const Erase erase_;
  metrics::Counter erased_;
  metrics::Counter undecodable_;
  metrics::Gauge unconfirmed_;
  logging::Outage outage_{"people can't be erased"};
  PeriodicTask worker_;
  ratings::TopicProjection projection_;
  kafka::GroupConsumer consumer_;  // last: it uses the others
};

ErasureConsumer::ErasureConsumer(ErasureConsumerConfig config, pg::Pool& pool,
                                 kafka::Producer& producer, Erase erase, metrics::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(config), pool, producer, std::move(erase), metrics)) {}
ErasureConsumer::~ErasureConsumer() { Stop(); }
void ErasureConsumer::Stop() { impl_->Stop(); }

ratings::RatingProjection::Step LeavingOutErased(ratings::RatingProjection::Step step,
                                                 metrics::Metrics& metrics,
                                                 const std::string& service) {
  auto left_out = metrics.AddCounter("marquee_" + service + "_erased_events_total",
                                     "Rating events of people who were erased, left out");
  return
      [step = std::move(step), left_out](
          pg::Transaction& tx, std::span<const ratings::RatingChange> changes) mutable -> Status {
        std::set<std::int64_t> accounts;  // users of imports are nobody's accounts
        for (const auto& change : changes) {
          if (change.user_id > rules::kMostImportedId) accounts.insert(change.user_id);
        }
        if (accounts.empty()) return step(tx, changes);
        const std::vector<std::int64_t> users(accounts.begin(), accounts.end());
        const auto erased = ErasedAmong(tx, users);
        if (erased.empty()) return step(tx, changes);
        std::vector<ratings::RatingChange> rest;
        std::ranges::copy_if(changes, std::back_inserter(rest),
                             [&](const auto& change) { return !erased.contains(change.user_id); });
        left_out.Increment(static_cast<double>(changes.size() - rest.size()));
        return step(tx, rest);
      };
}

}  // namespace marquee::erasures
