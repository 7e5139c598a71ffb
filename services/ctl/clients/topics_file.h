// The file that says which topics there are to be (deploy/kafka/topics.txt): a line each, of name,
// partitions and settings; # begins a comment.
//
//   marquee.ratings.v1  RATINGS  retention.ms=2592000000  cleanup.policy=delete
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/admin.h"

namespace marquee::ctl {

struct WantedTopic {
  kafka::TopicSpec spec = {};
  int line = 0;  // of the file, from 1
};

// RATINGS stands for `ratings_partitions`. InvalidArgument "topics_file_invalid", naming `name` and
// the first wrong line.
Result<std::vector<WantedTopic>> ParseTopics(std::istream& text, const std::string& name,
                                             std::int32_t ratings_partitions);
// NotFound "topics_file_missing" beside those.
Result<std::vector<WantedTopic>> ReadTopics(const std::filesystem::path& file,
                                            std::int32_t ratings_partitions);

struct TopicDifference {
  std::string setting = {};  // or "partitions"
  std::string wanted = {};
  std::string actual = {};
  friend bool operator==(const TopicDifference&, const TopicDifference&) = default;
};

// Where a topic that exists isn't as the file wants it. Numbers are compared as such; settings that
// the file doesn't name don't count.
std::vector<TopicDifference> Differences(const kafka::TopicSpec& wanted,
                                         const kafka::TopicSpec& actual);

}  // namespace marquee::ctl
