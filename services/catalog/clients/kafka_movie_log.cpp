#include "catalog/clients/kafka_movie_log.h"

#include <algorithm>

namespace marquee::catalog {
namespace {

constexpr std::chrono::seconds kReadTimeout{5};

}  // namespace

Status KafkaMovieLog::Append(std::span<const LogEntry> entries) {
  std::vector<kafka::Outgoing> messages;
  for (const auto& entry : entries)
    messages.push_back({.topic = topic_,
                        .key = entry.key,
                        .value = entry.value.value_or(std::string()),
                        .tombstone = !entry.value});
  return producer_.ProduceAll(std::move(messages));
}

Status KafkaMovieLog::ReadToEnd(const CallContext& call) {
  const Time until = std::min<Time>(call.deadline, SystemClock().Now() + kReadTimeout);
  ASSIGN_OR_RETURN(const std::int64_t end, producer_.EndOffset(topic_, 0, until));
  if (feed_.WaitFor({.partition = 0, .next_offset = end}, until)) return {};
  return Error::Unavailable("movies_unread", topic_ + " can't be read to its end");
}

}  // namespace marquee::catalog
