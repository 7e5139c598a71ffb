// What there is to type for evaluate, and for whatever reads a data set.
#pragma once

#include <functional>

#include "ctl/app/commands.h"

namespace CLI {
class App;
}

namespace marquee::ctl {

void AddReadingFlags(CLI::App& command, ReadingFlags& flags);
// The context outlives the parsing; `run` is then what was asked for.
void AddEvaluate(CLI::App& app, const Context& context, std::function<int()>& run);

}  // namespace marquee::ctl
