#include "movies/movie_feed.h"

#include <atomic>

#include "kafka/partition_log.h"
#include "logging/log.h"

namespace marquee::movies {

class MovieFeed::Impl {
 public:
  Impl(const kafka::ClusterConfig& cluster, MovieSink& sink, metrics::Metrics& metrics,
       const std::string& service, std::string topic)
      : sink_(sink),
        topic_(std::move(topic)),
        others_(metrics.AddCounter(
            "marquee_" + service + "_movies_log_other_logs_total",
            "How often marquee.movies.v1 was another log than the one that was read")),
        undecodable_(metrics.AddCounter("marquee_" + service + "_movies_log_undecodable_total",
                                        "Records of marquee.movies.v1 that were left out")),
        log_(
            {.cluster = cluster, .topic = topic_},
            [this](std::int32_t partitions) { return Start(partitions); },
            [this](const kafka::Message& message, const LogPosition&) { Take(message); },
            [this](const LogPosition& from, bool another_log) {
              if (from.partition == 0) Begin(another_log);
            }) {
    metrics.AddGaugeFunction("marquee_" + service + "_movies_log_lag_messages",
                             "Records of marquee.movies.v1 that aren't taken in yet; below 0 while "
                             "it ends before what was; NaN while unknown",
                             {}, [this] { return metrics::OrNaN(log_.Lag()); });
  }

  Status Ready() const {
    if (ready_ || log_.caught_up()) {
      ready_ = true;
      return {};
    }
    return Error::Unavailable("movies_unread", topic_ + " isn't read to its end yet");
  }

  bool WaitFor(const LogPosition& position, Time deadline) const {
    return log_.WaitFor(position, deadline) == kafka::Awaited::kReached;
  }

 private:
  Result<kafka::Offsets> Start(std::int32_t partitions) const {
    if (partitions == 1) return kafka::Offsets{{0, kafka::kFromBeginning}};
    logging::Error("the topic must have one partition: its order is the catalogue's",
                   {{"topic", topic_}, {"partitions", partitions}});
    return Error::FailedPrecondition("partitions_wrong", topic_ + " must have one partition");
  }

  void Begin(bool another_log) {
    if (another_log) others_.Increment();
    sink_.Begin();
  }

  void Take(const kafka::Message& message) {
    const Status taken = message.key == kCatalogueKey ? TakeTotals(message) : TakeMovie(message);
    if (taken.ok()) return;
    undecodable_.Increment();
    logging::Warning(
        "record left out",
        {{"topic", topic_}, {"offset", message.offset}, {"reason", taken.error().reason}});
  }

  Status TakeTotals(const kafka::Message& message) {
    ASSIGN_OR_RETURN(const Totals totals, DecodeTotals(message.value));
    sink_.Complete(totals);
    return {};
  }

  Status TakeMovie(const kafka::Message& message) {
    ASSIGN_OR_RETURN(const std::int64_t id, DecodeKey(message.key));
    if (message.tombstone) {
      sink_.Remove(id);
      return {};
    }
    ASSIGN_OR_RETURN(const MovieRecord movie, DecodeMovie(id, message.value));
    sink_.Put(movie, message.value);
    return {};
  }

  MovieSink& sink_;
  const std::string topic_;
  metrics::Counter others_;
  metrics::Counter undecodable_;
  mutable std::atomic<bool> ready_ = false;
  kafka::PartitionLog log_;
};

MovieFeed::MovieFeed(const kafka::ClusterConfig& cluster, MovieSink& sink,
                     metrics::Metrics& metrics, const std::string& service, std::string topic)
    : impl_(std::make_unique<Impl>(cluster, sink, metrics, service, std::move(topic))) {}
MovieFeed::~MovieFeed() = default;
Status MovieFeed::Ready() const { return impl_->Ready(); }
bool MovieFeed::WaitFor(const LogPosition& position, Time deadline) const {
  return impl_->WaitFor(position, deadline);
}

}  // namespace marquee::movies
