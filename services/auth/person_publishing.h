// What others are told of people: composition, for main.
#pragma once

#include "auth/app/person_publisher.h"
#include "auth/clients/kafka_people.h"
#include "auth/store/pg_person_outbox.h"
#include "pg/pool_metrics.h"

namespace marquee::auth {

class PersonPublishing {
 public:
  PersonPublishing(const pg::PoolConfig& database, kafka::Producer& producer, const Clock& clock,
                   metrics::Metrics& metrics)
      : pool_(database, pg::PoolMetrics(metrics, "auth", "outbox", database)),
        outbox_(pool_),
        people_(producer),
        publisher_(outbox_, people_, clock, metrics) {}

 private:
  pg::Pool pool_;
  PgPersonOutbox outbox_;
  KafkaPeople people_;
  PersonPublisher publisher_;  // last: it uses the others
};

}  // namespace marquee::auth
