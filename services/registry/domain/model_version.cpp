#include "registry/domain/model_version.h"

#include "models/registry.h"

namespace marquee::registry {

Status CheckModel(std::string_view model) {
  if (models::FindTask(model) != nullptr) return {};
  std::string known;
  for (const auto& task : models::Tasks())
    known += (known.empty() ? "" : ", ") + std::string(task.name);
  return Error::NotFound("model_unknown", "There is no such model: the models are " + known + ".");
}

Status CheckAlias(std::string_view alias) {
  if (alias == kChampion || alias == kCandidate) return {};
  return Error::NotFound("alias_unknown",
                         "There is no such alias: the aliases are champion and candidate.");
}

}  // namespace marquee::registry
