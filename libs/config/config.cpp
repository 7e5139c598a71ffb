#include "config/config.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace marquee::config {
namespace {

class ProcessEnvironment final : public Environment {
 public:
  std::optional<std::string> Get(const std::string& name) const override {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  }
};

std::string Number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

template <typename T>
std::optional<T> Parse(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Where nothing is set; keeps what was asked for, once each.
class Recorder final : public Environment {
 public:
  std::optional<std::string> Get(const std::string& name) const override { return std::nullopt; }
  void Asked(const Variable& variable) const override {
    if (names_.insert(variable.name).second) {
      list_.push_back(
          {{"name", variable.name}, {"help", variable.help}, {"default", variable.fallback}});
    }
  }
  std::string Json() const { return list_.dump(2); }

 private:
  mutable std::set<std::string> names_;
  mutable nlohmann::ordered_json list_ = nlohmann::ordered_json::array();
};

bool LooksLikeAddress(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto port = Parse<int>(text.substr(colon + 1));
  return port && *port >= 0 && *port <= 65535 && text.find(' ') == std::string::npos;
}

}  // namespace

const Environment& SystemEnvironment() {
  static const ProcessEnvironment environment;
  return environment;
}

void SetDefault(const char* variable, const char* value) {
  setenv(variable, value, /*overwrite=*/0);
}

std::optional<std::string> MapEnvironment::Get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Reader::Find(const std::string& name, bool has_fallback,
                                        std::string fallback_text, std::string_view help) {
  environment_.Asked(
      {name, std::string(help), has_fallback ? std::move(fallback_text) : "(required)"});
  auto value = environment_.Get(name);
  if (value && value->empty())
    value.reset();  // an empty variable is an unset one, as Compose and Helm render it
  if (!value && !has_fallback) Problem(name, "is required: " + std::string(help));
  return value;
}

std::string Reader::String(const std::string& name, std::optional<std::string> fallback,
                           std::string_view help) {
  auto value = Find(name, fallback.has_value(), fallback.value_or(""), help);
  return value ? *value : fallback.value_or("");
}

std::int64_t Reader::Int(const std::string& name, std::optional<std::int64_t> fallback,
                         std::int64_t least, std::int64_t most, std::string_view help) {
  const auto text =
      Find(name, fallback.has_value(), fallback ? std::to_string(*fallback) : "", help);
  if (!text) return fallback.value_or(least);
  const auto value = Parse<std::int64_t>(*text);
  if (!value || *value < least || *value > most) {
    Problem(name, "must be a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", not \"" + *text + "\": " + std::string(help));
    return fallback.value_or(least);
  }
  return *value;
}

double Reader::Double(const std::string& name, std::optional<double> fallback, double least,
                      double most, std::string_view help) {
  const auto text = Find(name, fallback.has_value(), fallback ? Number(*fallback) : "", help);
  if (!text) return fallback.value_or(least);
  const auto value = Parse<double>(*text);
  if (!value || !std::isfinite(*value) || *value < least || *value > most) {
    Problem(name, "must be a number from " + Number(least) + " to " + Number(most) + ", not \"" +
                      *text + "\": " + std::string(help));
    return fallback.value_or(least);
  }
  return *value;
}

bool Reader::Bool(const std::string& name, std::optional<bool> fallback, std::string_view help) {
  const auto text =
      Find(name, fallback.has_value(), fallback.value_or(false) ? "true" : "false", help);
  if (!text) return fallback.value_or(false);
  if (*text == "true" || *text == "1") return true;
  if (*text == "false" || *text == "0") return false;
  Problem(name, "must be true or false, not \"" + *text + "\": " + std::string(help));
  return fallback.value_or(false);
}

std::chrono::milliseconds Reader::Milliseconds(const std::string& name,
                                               std::optional<std::int64_t> fallback,
                                               std::int64_t least, std::int64_t most,
                                               std::string_view help) {
  return std::chrono::milliseconds(Int(name, fallback, least, most, help));
}

std::string Reader::Address(const std::string& name, std::optional<std::string> fallback,
                            std::string_view help) {
  const auto text = Find(name, fallback.has_value(), fallback.value_or(""), help);
  if (!text) return fallback.value_or("");
  if (!LooksLikeAddress(*text)) {
    Problem(name, "must be host:port, not \"" + *text + "\": " + std::string(help));
  }
  return *text;
}

std::string Reader::Secret(const std::string& name, std::optional<std::string> fallback,
                           std::string_view help) {
  const auto path = environment_.Get(name + "_FILE");
  if (path && !path->empty()) {
    environment_.Asked({name, std::string(help), fallback ? "(empty)" : "(required)"});
    std::ifstream file(*path, std::ios::binary);
    std::stringstream text;
    if (file) text << file.rdbuf();
    if (!file) {
      Problem(name + "_FILE", "names \"" + *path + "\", which can't be read: " + std::string(help));
      return fallback.value_or("");
    }
    std::string value = text.str();
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
    if (value.empty() && !fallback)
      Problem(name + "_FILE", "names an empty file: " + std::string(help));
    return value;
  }
  const auto value = Find(name, fallback.has_value(), fallback ? "(empty)" : "", help);
  return value ? *value : fallback.value_or("");
}

void Reader::Problem(const std::string& name, const std::string& what) {
  problems_.push_back(name + " " + what);
}

Status Reader::Finish() const {
  if (problems_.empty()) return {};
  std::string text = "The configuration has " + std::to_string(problems_.size()) +
                     (problems_.size() == 1 ? " problem:" : " problems:");
  for (const auto& problem : problems_) text += "\n  " + problem;
  return Error::InvalidArgument("bad_configuration", text);
}

int Fatal(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return error.code == Code::kInvalidArgument ? 78 : 1;
}

std::optional<int> AnswerArguments(int argc, char** argv,
                                   const std::function<void(const Environment&)>& read) {
  if (argc < 2) return std::nullopt;
  if (argc > 2 || std::string_view(argv[1]) != "--config-reference") {
    std::fprintf(stderr, "%s is configured by its environment; --config-reference lists it\n",
                 argv[0]);
    return 2;
  }
  const Recorder recorder;
  read(recorder);
  std::printf("%s\n", recorder.Json().c_str());
  return 0;
}

}  // namespace marquee::config
