// Shell completion, made from the command line's own description.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace marquee::ctl {

std::string CompletionScript(const CLI::App& app, const std::string& shell);  // "bash" or "zsh"
int PrintCompletion(const CLI::App& app, const std::string& shell);

}  // namespace marquee::ctl
