// MovieLog on Kafka.
#pragma once

#include <string>

#include "base/call_context.h"
#include "catalog/app/movie_publisher.h"
#include "kafka/producer.h"
#include "movies/movie_feed.h"

namespace marquee::catalog {

class KafkaMovieLog final : public MovieLog {
 public:
  // Both outlive it. The feed hands what it reads of the topic to PublishedMovies.
  KafkaMovieLog(kafka::Producer& producer, const movies::MovieFeed& feed,
                std::string topic = std::string(movies::kMoviesTopic))
      : producer_(producer), feed_(feed), topic_(std::move(topic)) {}

  Status Append(std::span<const LogEntry> entries) override;
  Status ReadToEnd(const CallContext& call) override;

 private:
  kafka::Producer& producer_;
  const movies::MovieFeed& feed_;
  const std::string topic_;
};

}  // namespace marquee::catalog
