#include "kafka/log_check.h"

#include <memory>

namespace marquee::kafka {
namespace {

constexpr int kPollMilliseconds = 100;

}  // namespace

LogCheck::LogCheck(ClusterConfig cluster, std::string topic)
    : cluster_(std::move(cluster)), topic_(std::move(topic)) {}

Conf LogCheck::Settings() const {
  Conf conf(cluster_);
  // librdkafka wants a name; no group is joined and nothing is committed.
  conf.Set("group.id", cluster_.client_id + "-check");
  conf.Set("enable.auto.commit", "false");
  conf.Set("enable.auto.offset.store", "false");
  conf.Set("auto.offset.reset", "error");
  conf.Set("enable.partition.eof", "true");
  // One record is wanted, of each partition: little is fetched, and nothing waits for more.
  conf.Set("fetch.wait.max.ms", "10");
  conf.Set("fetch.message.max.bytes", "4096");
  conf.Set("queued.max.messages.kbytes", "1024");
  conf.Set("fetch.error.backoff.ms", "50");
  return conf;
}

Result<LogCheck::Records> LogCheck::ReadRecords(const Offsets& offsets, Time deadline) {
  if (!consumer_) {
    consumer_.emplace(Settings(),
                      std::make_shared<EventCallback>(
                          cluster_.client_id, std::function<void(RdKafka::ErrorCode, bool)>()),
                      nullptr);
  }
  DestroyPartitions wanted;
  for (const auto& [partition, offset] : offsets) {
    wanted.list.push_back(RdKafka::TopicPartition::create(topic_, partition, offset));
  }
  if (const auto code = (*consumer_)->assign(wanted.list); code != RdKafka::ERR_NO_ERROR)
    return Unavailable(RdKafka::err2str(code));
  Records found;
  Status status;
  while (found.size() < offsets.size() && status.ok()) {
    const int left = MillisecondsLeft(deadline, kPollMilliseconds);
    const std::unique_ptr<RdKafka::Message> message((*consumer_)->consume(left));
    switch (message->err()) {
      case RdKafka::ERR_NO_ERROR:
        if (message->offset() == offsets.at(message->partition())) {
          const auto fingerprint = After(ToMessage(*message)).fingerprint;
          found.try_emplace(message->partition(), Record{Found::kRecord, fingerprint});
        } else {
          found.try_emplace(message->partition(), Record{Found::kLaterOne});
        }
        break;
      case RdKafka::ERR__PARTITION_EOF:
      case RdKafka::ERR__AUTO_OFFSET_RESET:
        found.try_emplace(message->partition(), Record{Found::kNothing});
        break;
      case RdKafka::ERR__TIMED_OUT:
        if (left == 0) status = Unavailable("records couldn't be read in time");
        break;
      default: status = Unavailable(message->errstr());
    }
  }
  (*consumer_)->unassign();
  RETURN_IF_ERROR(status);
  return found;
}

Result<std::set<std::int32_t>> LogCheck::OtherLogs(const LogPositions& positions, Time deadline) {
  Offsets records;
  for (const auto& [partition, position] : positions) {
    if (position.next_offset > 0) records[partition] = position.next_offset - 1;
  }
  std::set<std::int32_t> others;
  if (records.empty()) return others;
  ASSIGN_OR_RETURN(const Records found, ReadRecords(records, deadline));
  for (const auto& [partition, record] : found) {
    const auto& position = positions.at(partition);
    if (record.found == Found::kRecord && position.fingerprint != 0 &&
        record.fingerprint != position.fingerprint) {
      others.insert(partition);
    }
    if (record.found != Found::kNothing) continue;
    ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(**consumer_, topic_, partition, deadline));
    if (bounds.high < position.next_offset) {
      others.insert(partition);
    } else if (bounds.low < position.next_offset) {
      return Unavailable("the log moved while it was looked at");
    }
  }
  return others;
}

Result<LogPositions> LogCheck::Identify(const Offsets& next_offsets, Time deadline) {
  Offsets records;
  LogPositions positions;
  for (const auto& [partition, next] : next_offsets) {
    positions[partition] = {.partition = partition, .next_offset = next};
    if (next > 0) records[partition] = next - 1;
  }
  if (records.empty()) return positions;
  ASSIGN_OR_RETURN(const Records found, ReadRecords(records, deadline));
  for (const auto& [partition, record] : found)
    positions[partition].fingerprint = record.fingerprint;
  return positions;
}

}  // namespace marquee::kafka
