// A model's metrics by name, as the services keep them in PostgreSQL (jsonb).
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace marquee::artefact {

// Internal for what is no JSON object; of one, the values that are numbers.
Result<std::map<std::string, double>> ParseMetrics(const std::string& text);
// JSON has no NaN and no infinity: those are left out.
std::string MetricsJson(const std::map<std::string, double>& metrics);

}  // namespace marquee::artefact
