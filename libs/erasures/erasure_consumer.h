// Erases people as marquee.erasures.v1 says, in a service that keeps something of theirs in a
// database (docs/adr/0608). Three steps, each of which is where the next one goes on after a crash,
// in the table erased_users (erased_users.h): the person is noted, together with how far the topic
// was read; what is kept of them is deleted; the receipt is sent. A record that is read again, or a
// database that was restored, does it all again.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "erasures/erasure_events.h"
#include "kafka/producer.h"
#include "metrics/metrics.h"
#include "pg/pool.h"
#include "ratings/rating_projection.h"

namespace marquee::erasures {

struct ErasureConsumerConfig {
  kafka::ClusterConfig cluster = {};
  std::string service = {};  // as deploy/suite.yaml has it: what receipts say
  std::string erasures_topic = std::string(kErasuresTopic);
  std::string receipts_topic = std::string(kReceiptsTopic);
  std::chrono::milliseconds period{1'000};  // how often what is left to do is looked for
};

class ErasureConsumer {
 public:
  // Deletes what is kept of a person, in a transaction; nothing new of theirs is written any more.
  // May run again for one of whom nothing is left. May throw the driver's exceptions.
  using Erase = std::function<Status(pg::Transaction& tx, const Erasure& erasure)>;

  // Works on threads of its own from construction to Stop(), through any outage. All outlive it;
  // `metrics` must not serve any more when it is destroyed.
  ErasureConsumer(ErasureConsumerConfig config, pg::Pool& pool, kafka::Producer& producer,
                  Erase erase, metrics::Metrics& metrics);
  ~ErasureConsumer();  // as Stop()
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The step without the events of people who were erased, which are counted in
// marquee_<service>_erased_events_total.
ratings::RatingProjection::Step LeavingOutErased(ratings::RatingProjection::Step step,
                                                 metrics::Metrics& metrics,
                                                 const std::string& service);

// "rating_ingest": a service's name in the names of metrics.
std::string MetricName(std::string service);

}  // namespace marquee::erasures
