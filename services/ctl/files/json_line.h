// Lines of the jsonl format.
#pragma once

#include <string_view>

#include "base/result.h"
#include "ctl/domain/dataset.h"

namespace marquee::ctl {

// Reasons of errors: "bad_json", "missing_field", "bad_number".
Result<Movie> ParseMovieLine(std::string_view line);
// The rating's value is given apart, unchecked.
Result<Rating> ParseRatingLine(std::string_view line, double& value);

}  // namespace marquee::ctl
