#include "trainer/domain/model_version.h"

namespace marquee::trainer {

Status CheckModel(std::string_view model) {
  if (model == kRanking || model == kRating) return {};
  return Error::NotFound("model_unknown",
                         "There is no such model: the models are ranking and rating.");
}

Status CheckAlias(std::string_view alias) {
  if (alias == kChampion || alias == kCandidate) return {};
  return Error::NotFound("alias_unknown",
                         "There is no such alias: the aliases are champion and candidate.");
}

}  // namespace marquee::trainer
