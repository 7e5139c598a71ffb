#include "kafka/key_reader.h"

#include <librdkafka/rdkafkacpp.h>

#include <algorithm>
#include <memory>

#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

constexpr int kPollMilliseconds = 100;

Conf Settings(const ClusterConfig& cluster) {
  Conf conf(cluster);
  // librdkafka wants a name; no group is joined and nothing is committed.
  conf.Set("group.id", cluster.client_id + "-key-reader");
  conf.Set("enable.auto.commit", "false");
  conf.Set("enable.auto.offset.store", "false");
  conf.Set("auto.offset.reset", "error");
  conf.Set("enable.partition.eof", "true");
  conf.Set("fetch.wait.max.ms", "10");
  conf.Set("queued.max.messages.kbytes", "4096");
  return conf;
}

}  // namespace

Result<KeyPage> ReadKey(const ClusterConfig& cluster, const std::string& topic,
                        std::int32_t partition, const std::string& key, std::int64_t from, int most,
                        Time deadline) {
  const Consumer consumer(Settings(cluster),
                          std::make_shared<EventCallback>(
                              cluster.client_id, std::function<void(RdKafka::ErrorCode, bool)>()),
                          nullptr);
  ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*consumer, topic, partition, deadline));
  KeyPage page{.next_offset = std::max(from, bounds.low)};
  if (page.next_offset >= bounds.high) {
    page.at_end = true;
    return page;
  }
  DestroyPartitions wanted;
  wanted.list.push_back(RdKafka::TopicPartition::create(topic, partition, page.next_offset));
  if (const auto code = consumer->assign(wanted.list); code != RdKafka::ERR_NO_ERROR)
    return Unavailable(RdKafka::err2str(code));
  const std::int64_t first = page.next_offset;
  Status status;
  for (int looked_at = 0; looked_at < most && !page.at_end && status.ok();) {
    const int left = MillisecondsLeft(deadline, kPollMilliseconds);
    const std::unique_ptr<RdKafka::Message> message(consumer->consume(left));
    switch (message->err()) {
      case RdKafka::ERR_NO_ERROR:
        ++looked_at;
        page.next_offset = message->offset() + 1;
        page.at_end = page.next_offset >= bounds.high;
        if (message->key() != nullptr && *message->key() == key)
          page.messages.push_back(ToMessage(*message));
        break;
      // What is left is nothing: of transactions, or deleted.
      case RdKafka::ERR__PARTITION_EOF: page.at_end = true; break;
      case RdKafka::ERR__TIMED_OUT:
        if (left == 0) status = Unavailable("the messages couldn't be read in time");
        break;
      default: status = Unavailable(message->errstr());
    }
  }
  consumer->unassign();
  if (!status.ok() && page.next_offset == first) return status.error();
  return page;
}

}  // namespace marquee::kafka
