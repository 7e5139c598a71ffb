#include "artefact/model_card.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"

namespace marquee::artefact {
namespace {

using Json = nlohmann::json;

std::string FormatTime(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Json Finite(const std::map<std::string, double>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) {
    if (std::isfinite(value)) object[name] = value;
  }
  return object;
}

Error Invalid(const std::string& what) {
  return Error::DataLoss("model_card_invalid", "The model card is invalid: " + what + ".");
}

// Takes an object's keys one by one, remembers the first problem, and knows which were not asked
// for.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object_.is_object()) Problem(path_.empty() ? "it" : path_, "is no object");
  }

  std::string String(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return Problem(Path(key), "is no string"), std::string{};
    return value->get<std::string>();
  }
  std::string NonEmpty(const char* key) {
    auto text = String(key);
    if (text.empty()) Problem(Path(key), "is empty");
    return text;
  }
  std::string Sha256(const char* key) {
    auto text = String(key);
    const bool hex = text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
    if (!hex) Problem(Path(key), "is no SHA-256 in lower-case hexadecimal");
    return text;
  }
  bool Has(const char* key) const { return object_.is_object() && object_.contains(key); }
  // A key that may be missing.
  std::string OptionalString(const char* key) {
    known_.insert(key);
    return Has(key) ? String(key) : std::string{};
  }
  std::int64_t Int(const char* key, std::int64_t least = std::numeric_limits<std::int64_t>::min()) {
    const Json* value = Find(key);
    return value == nullptr ? 0 : AsInt(*value, Path(key), least);
  }
  std::map<std::string, double> Numbers(const char* key) {
    std::map<std::string, double> numbers;
    const Json* value = Find(key);
    if (value == nullptr) return numbers;
    if (!value->is_object()) return Problem(Path(key), "is no object"), numbers;
    for (const auto& [name, number] : value->items()) {
      if (!number.is_number() || !std::isfinite(number.get<double>()))
        Problem(Path(key) + "." + name, "is no finite number");
      else
        numbers[name] = number.get<double>();
    }
    return numbers;
  }
  std::vector<std::int64_t> Offsets(const char* key) {
    std::vector<std::int64_t> offsets;
    const Json* value = Find(key);
    if (value == nullptr) return offsets;
    if (!value->is_array()) return Problem(Path(key), "is no array"), offsets;
    for (const auto& offset : *value) offsets.push_back(AsInt(offset, Path(key), 0));
    return offsets;
  }
  marquee::Time Time(const char* key) {
    const auto text = String(key);
    std::tm parts{};
    const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0' ||
        FormatTime(std::chrono::system_clock::from_time_t(timegm(&parts))) != text) {
      Problem(Path(key), "is no RFC 3339 time in UTC without fractions");
      return {};
    }
    return std::chrono::system_clock::from_time_t(timegm(&parts));
  }
  const Json& Object(const char* key) {
    static const Json nothing = Json::object();
    const Json* value = Find(key);
    return value == nullptr ? nothing : *value;
  }

  // The first problem, or the first key that was not asked for.
  std::string Finish() {
    if (object_.is_object()) {
      for (const auto& [key, value] : object_.items()) {
        if (!known_.contains(key)) Problem(Path(key.c_str()), "is unknown");
      }
    }
    return problem_;
  }

 private:
  std::string Path(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  void Problem(const std::string& what, const std::string& is) {
    if (problem_.empty()) problem_ = what + " " + is;
  }
  const Json* Find(const char* key) {
    known_.insert(key);
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(key);
    if (it == object_.end()) return Problem(Path(key), "is missing"), nullptr;
    return &*it;
  }
  std::int64_t AsInt(const Json& value, const std::string& path, std::int64_t least) {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() ||
                       value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max());
    if (!fits) return Problem(path, "is no 64-bit integer"), 0;
    const auto number = value.get<std::int64_t>();
    if (number < least) Problem(path, "is below " + std::to_string(least));
    return number;
  }

  const Json& object_;
  std::string path_;
  std::set<std::string> known_;
  std::string problem_;
};

}  // namespace

std::string ToJson(const ModelCard& card) {
  Json json = {
      {"format_version", kModelCardFormatVersion},
      {"model", card.model},
      {"algorithm", card.algorithm},
      {"run_id", card.run_id},
      {"data",
       {{"ratings", card.data.ratings},
        {"users", card.data.users},
        {"movies", card.data.movies},
        {"next_offsets", card.data.next_offsets},
        {"sha256", card.data.sha256}}},
      {"seed", card.seed},
      {"hyperparameters", Finite(card.hyperparameters)},
      {"metrics", Finite(card.metrics)},
      {"code_version", card.code_version},
      {"artefact_sha256", card.artefact_sha256},
      {"artefact_bytes", card.artefact_bytes},
      {"created_at", FormatTime(card.created_at)},
  };
  if (card.data.texts > 0) json["data"]["texts"] = card.data.texts;
  if (!card.decision.empty()) json["decision"] = card.decision;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ModelCard> ParseModelCard(std::string_view text) {
  const auto parsed = ParseJson(text);
  if (!parsed.ok()) return Invalid("it " + parsed.error().message);
  const Json& json = *parsed;

  ObjectReader reader(json, "");
  if (const auto format = reader.Int("format_version");
      json.is_object() && format != kModelCardFormatVersion)
    return Invalid("format_version isn't " + std::to_string(kModelCardFormatVersion));
  ModelCard card;
  card.model = reader.NonEmpty("model");
  card.algorithm = reader.NonEmpty("algorithm");
  card.run_id = reader.Int("run_id", 0);
  ObjectReader data(reader.Object("data"), "data");
  card.data.ratings = data.Int("ratings", 0);
  card.data.users = data.Int("users", 0);
  card.data.movies = data.Int("movies", 0);
  if (data.Has("texts")) card.data.texts = data.Int("texts", 0);
  card.data.next_offsets = data.Offsets("next_offsets");
  card.data.sha256 = data.Sha256("sha256");
  card.seed = reader.Int("seed");
  card.hyperparameters = reader.Numbers("hyperparameters");
  card.metrics = reader.Numbers("metrics");
  card.code_version = reader.NonEmpty("code_version");
  card.artefact_sha256 = reader.Sha256("artefact_sha256");
  card.artefact_bytes = reader.Int("artefact_bytes", 1);
  card.created_at = reader.Time("created_at");
  card.decision = reader.OptionalString("decision");
  if (auto problem = reader.Finish(); !problem.empty()) return Invalid(problem);
  if (auto problem = data.Finish(); !problem.empty()) return Invalid(problem);
  return card;
}

}  // namespace marquee::artefact
