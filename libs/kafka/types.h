// What a producer and a consumer share. librdkafka's own types appear in .cpp files only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log_position.h"
#include "base/result.h"

namespace marquee::config {
class Reader;
}

namespace marquee::kafka {

struct Header {
  std::string name = {};
  std::string value = {};
};

// A message as read.
struct Message {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  Time timestamp{};  // the producer's
  std::string key = {};
  std::string value = {};
  bool tombstone = false;        // no value: a compacted topic forgets the key
  std::string traceparent = {};  // W3C, from the header of that name; empty if there was none
};

// What tells a record from another one at the same offset: the first 64 bits of a SHA-256 over
// timestamp (milliseconds), key and value. Never 0.
std::uint64_t Fingerprint(std::int64_t timestamp_ms, std::string_view key, std::string_view value);

// The place right after the message.
LogPosition After(const Message& message);

using Offsets = std::map<std::int32_t, std::int64_t>;  // partition → offset of the next message

struct ClusterConfig {
  std::string brokers = "127.0.0.1:9092";  // host:port, comma-separated
  std::string client_id = "marquee";
  // Further librdkafka properties (security.protocol, sasl.*, ssl.*), set first so that ours stand.
  std::map<std::string, std::string> properties = {};

  // MARQUEE_KAFKA_BROKERS and how they are spoken to (MARQUEE_KAFKA_SECURITY_PROTOCOL, …_SASL_…,
  // …_TLS_…): the same variables for all programs.
  static ClusterConfig Read(config::Reader& reader, std::string client_id);
};

// The partition that Kafka's Java default partitioner, and librdkafka's murmur2_random, choose for
// a key.
std::int32_t PartitionFor(std::string_view key, std::int32_t partition_count);

// librdkafka's log lines and errors, syslog levels (0 emergency … 7 debug). Called from its
// threads.
using LogFunction = void (*)(int level, const std::string& client_id, const std::string& message);
void SetLogFunction(LogFunction function);  // once, before any client is made; stderr by default

}  // namespace marquee::kafka
