// What there is to type for sentiment.
#pragma once

#include <functional>

#include "ctl/app/commands.h"

namespace CLI {
class App;
}

namespace marquee::ctl {

// The context outlives the parsing; `run` is then what was asked for.
void AddSentiment(CLI::App& app, const Context& context, std::function<int()>& run);

}  // namespace marquee::ctl
