// The parts of `marqueectl sentiment`, between its files.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/app/commands.h"
#include "models/sentiment/fit.h"

namespace marquee::ctl {

// InvalidArgument that names the flag, or the file and its line.
Result<std::vector<models::sentiment::LabelledText>> ReadTexts(const SentimentFlags& flags);
Result<models::sentiment::FitOptions> FitOptionsOf(const SentimentFlags& flags);

}  // namespace marquee::ctl
