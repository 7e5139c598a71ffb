// `marqueectl topics apply`: makes the topics that are missing, and tells where others differ.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/clock.h"
#include "ctl/app/commands.h"
#include "ctl/clients/topics_file.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

enum class State { kCreated, kUnchanged, kDifferent };

struct Applied {
  WantedTopic topic;
  State state = State::kUnchanged;
  std::vector<TopicDifference> differences = {};
};

std::string_view Name(State state) {
  switch (state) {
    case State::kCreated: return "created";
    case State::kUnchanged: return "unchanged";
    case State::kDifferent: return "different";
  }
  return "";
}

std::string Where(const std::string& file, const WantedTopic& topic) {
  return fmt::format("{} line {}: topic {}", file, topic.line, topic.spec.name);
}

Error InFile(const std::string& file, const WantedTopic& topic, Error error) {
  error.message = Where(file, topic) + ": " + error.message;
  return error;
}

Status Create(kafka::Admin& admin, const TopicsFlags& flags, std::vector<Applied>& all,
              const std::vector<std::size_t>& missing, Time deadline) {
  std::vector<kafka::TopicSpec> specs;
  for (const auto i : missing) specs.push_back(all[i].topic.spec);
  const auto created = admin.Create(specs, flags.replication_factor, deadline);
  for (std::size_t n = 0; n < missing.size(); ++n) {
    auto& topic = all[missing[n]];
    if (created[n].ok()) {
      topic.state = State::kCreated;
    } else if (created[n].error().code != Code::kAlreadyExists) {  // else somebody else was quicker
      return InFile(flags.file.string(), topic.topic, created[n].error());
    }
  }
  return {};
}

Result<std::vector<Applied>> Apply(kafka::Admin& admin, const TopicsFlags& flags,
                                   std::vector<WantedTopic> wanted, Time deadline) {
  RETURN_IF_ERROR(admin.WaitForBrokers(flags.replication_factor, deadline));
  ASSIGN_OR_RETURN(auto there, admin.Topics(deadline));
  std::vector<Applied> all;
  std::vector<std::size_t> missing;
  for (auto& topic : wanted) {
    if (!there.contains(topic.spec.name)) missing.push_back(all.size());
    all.push_back({std::move(topic)});
  }
  if (!missing.empty()) {
    RETURN_IF_ERROR(Create(admin, flags, all, missing, deadline));
    ASSIGN_OR_RETURN(there, admin.Topics(deadline));
  }
  for (auto& applied : all) {
    if (applied.state == State::kCreated) continue;
    const auto& spec = applied.topic.spec;
    auto settings = admin.Settings(spec.name, deadline);
    if (!settings.ok()) return InFile(flags.file.string(), applied.topic, settings.error());
    applied.differences = Differences(spec, {spec.name, there[spec.name], std::move(*settings)});
    if (!applied.differences.empty()) applied.state = State::kDifferent;
  }
  return all;
}

void Warn(const TopicsFlags& flags, const Applied& applied) {
  for (const auto& difference : applied.differences) {
    fmt::print(stderr, "marqueectl: warning: {} has {} {}, not {}: it is left as it is\n",
               Where(flags.file.string(), applied.topic), difference.setting,
               difference.actual.empty() ? "unset" : difference.actual, difference.wanted);
  }
}

}  // namespace

int ApplyTopics(const Context& context, const TopicsFlags& flags) {
  auto wanted = ReadTopics(flags.file, flags.ratings_partitions);
  if (!wanted.ok()) return Fail(context, wanted.error());
  // What librdkafka has to say is in our errors.
  kafka::SetLogFunction([](int, const std::string&, const std::string&) {});
  std::unique_ptr<kafka::Admin> admin;
  try {
    admin = std::make_unique<kafka::Admin>(flags.cluster);
  } catch (const std::invalid_argument& problem) {
    return Fail(context, Error::InvalidArgument("bad_configuration", problem.what()));
  }
  const auto applied =
      Apply(*admin, flags, std::move(*wanted), SystemClock().Now() + flags.timeout);
  if (!applied.ok()) return Fail(context, applied.error());
  json list = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : *applied) {
    json differences = json::array();
    for (const auto& [setting, want, actual] : one.differences)
      differences.push_back({{"setting", setting}, {"wanted", want}, {"actual", actual}});
    const auto& spec = one.topic.spec;
    list.push_back(
        {{"topic", spec.name}, {"state", Name(one.state)}, {"differences", differences}});
    rows.push_back({spec.name, std::string(Name(one.state)), std::to_string(spec.partitions)});
    Warn(flags, one);
  }
  return Show(context, {{"brokers", flags.cluster.brokers}, {"topics", list}},
              context.quiet ? "" : Table({"topic", "state", "partitions wanted"}, rows, 80));
}

}  // namespace marquee::ctl
