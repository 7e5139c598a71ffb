#include "artefact/metrics_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace marquee::artefact {

using Json = nlohmann::json;

Result<std::map<std::string, double>> ParseMetrics(const std::string& text) {
  const auto parsed = ParseJson(text);
  if (!parsed.ok() || !parsed->is_object())
    return Error::Internal("stored metrics are no JSON object");
  const Json& json = *parsed;
  std::map<std::string, double> metrics;
  for (const auto& [name, value] : json.items()) {
    if (value.is_number()) metrics[name] = value.get<double>();
  }
  return metrics;
}

std::string MetricsJson(const std::map<std::string, double>& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) {
    if (std::isfinite(value)) json[name] = value;
  }
  return json.dump();
}

}  // namespace marquee::artefact
