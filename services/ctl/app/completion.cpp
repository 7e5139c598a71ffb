#include "ctl/app/completion.h"

#include <CLI/CLI.hpp>
#include <cstdio>

namespace marquee::ctl {
namespace {

std::string Flags(const CLI::App& app) {
  std::string flags;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) flags += (flags.empty() ? "--" : " --") + name;
  }
  return flags;
}

}  // namespace

std::string CompletionScript(const CLI::App& app, const std::string& shell) {
  std::string commands;
  std::string cases;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands += (commands.empty() ? "" : " ") + command->get_name();
    std::string words = Flags(*command) + " " + Flags(app);
    for (const auto* nested : command->get_subcommands([](const CLI::App*) { return true; }))
      words += " " + nested->get_name() + " " + Flags(*nested);
    cases += "    " + command->get_name() + ") words=\"" + words + "\" ;;\n";
  }
  std::string script;
  if (shell == "zsh") script += "autoload -U +X bashcompinit && bashcompinit\n";
  script +=
      "_marqueectl() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command= word words\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in -*) ;; *) command=$word; break ;; esac\n"
      "  done\n"
      "  case $command in\n" +
      cases + "    *) words=\"" + commands + " " + Flags(app) +
      "\" ;;\n"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  [ -z \"$command\" ] || [[ $current == -* ]] || COMPREPLY+=($(compgen -f -- "
      "\"$current\"))\n"
      "}\n"
      "complete -F _marqueectl marqueectl\n";
  return script;
}

int PrintCompletion(const CLI::App& app, const std::string& shell) {
  std::fputs(CompletionScript(app, shell).c_str(), stdout);
  return 0;
}

}  // namespace marquee::ctl
