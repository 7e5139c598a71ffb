// The catalogue's configuration, from the environment.
#pragma once

#include <string>

#include "base/result.h"
#include "catalog/app/movie_publisher.h"
#include "config/config.h"
#include "erasures/erasure_consumer.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "ratings/rating_consumer.h"
#include "rpc/server.h"

namespace marquee::catalog {

struct Config {
  rpc::ServerConfig server;
  std::string auth_address;
  pg::PoolConfig database;
  pg::PoolConfig consumer_database;  // the consumer never waits for the calls' connections
  ratings::RatingConsumerConfig consumer;
  erasures::ErasureConsumerConfig erasures;
  pg::PoolConfig publisher_database;  // one connection, whose session holds the turn to publish
  kafka::ProducerConfig producer;
  MoviePublisher::Options publisher;
  double prior_weight = 0;  // of the Bayesian mean, in ratings

  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::catalog
