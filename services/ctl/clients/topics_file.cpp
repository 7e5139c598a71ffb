#include "ctl/clients/topics_file.h"

#include <charconv>
#include <optional>
#include <set>
#include <sstream>

#include "ctl/files/byte_source.h"

namespace marquee::ctl {
namespace {

constexpr std::int32_t kMostPartitions = 100'000;
constexpr std::size_t kLongestName = 249;  // Kafka's own limit

template <typename T>
std::optional<T> Number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsTopicName(const std::string& name) {
  return name.size() <= kLongestName && name != "." && name != ".." &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

// What is wrong with the line, or nothing.
std::string ParseLine(const std::vector<std::string>& words, std::int32_t ratings_partitions,
                      kafka::TopicSpec& topic) {
  topic.name = words[0];
  if (!IsTopicName(topic.name))
    return "\"" + topic.name + "\" is no topic's name: letters, digits, '.', '_' and '-' make one";
  if (words.size() < 2) return "topic " + topic.name + " lacks its number of partitions";
  const auto partitions =
      words[1] == "RATINGS" ? ratings_partitions : Number<std::int32_t>(words[1]).value_or(0);
  if (partitions < 1 || partitions > kMostPartitions)
    return "topic " + topic.name + " can't have \"" + words[1] +
           "\" partitions: a number from 1 to 100000, or RATINGS, is wanted";
  topic.partitions = partitions;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == words[i].size())
      return "topic " + topic.name + ": \"" + words[i] + "\" is no setting: name=value is wanted";
    const auto setting = words[i].substr(0, equals);
    if (!topic.settings.emplace(setting, words[i].substr(equals + 1)).second)
      return "topic " + topic.name + " has " + setting + " twice";
  }
  return {};
}

bool Same(const std::string& a, const std::string& b) {
  const auto x = Number<double>(a);
  const auto y = Number<double>(b);
  return x && y ? *x == *y : a == b;
}

}  // namespace

Result<std::vector<WantedTopic>> ParseTopics(std::istream& text, const std::string& name,
                                             std::int32_t ratings_partitions) {
  std::vector<WantedTopic> topics;
  std::set<std::string> names;
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    std::istringstream fields(line.substr(0, line.find('#')));  // >> takes a CR as white space
    std::vector<std::string> words;
    for (std::string word; fields >> word;) words.push_back(word);
    if (words.empty()) continue;
    WantedTopic topic{.line = number};
    auto problem = ParseLine(words, ratings_partitions, topic.spec);
    if (problem.empty() && !names.insert(topic.spec.name).second)
      problem = "topic " + topic.spec.name + " is there twice";
    if (!problem.empty()) {
      return Error::InvalidArgument("topics_file_invalid",
                                    name + " line " + std::to_string(number) + ": " + problem);
    }
    topics.push_back(std::move(topic));
  }
  if (topics.empty()) return Error::InvalidArgument("topics_file_invalid", name + " has no topics");
  return topics;
}

Result<std::vector<WantedTopic>> ReadTopics(const std::filesystem::path& file,
                                            std::int32_t ratings_partitions) {
  constexpr std::size_t kMostBytes = 1 << 20;
  auto text = ReadSmallFile(file, kMostBytes);
  if (!text.ok()) return Error::NotFound("topics_file_missing", text.error().message);
  std::istringstream stream(std::move(*text));
  return ParseTopics(stream, file.string(), ratings_partitions);
}

std::vector<TopicDifference> Differences(const kafka::TopicSpec& wanted,
                                         const kafka::TopicSpec& actual) {
  std::vector<TopicDifference> differences;
  if (wanted.partitions != actual.partitions) {
    differences.push_back(
        {"partitions", std::to_string(wanted.partitions), std::to_string(actual.partitions)});
  }
  for (const auto& [name, value] : wanted.settings) {
    const auto found = actual.settings.find(name);
    const std::string there = found == actual.settings.end() ? "" : found->second;
    if (!Same(value, there)) differences.push_back({name, value, there});
  }
  return differences;
}

}  // namespace marquee::ctl
