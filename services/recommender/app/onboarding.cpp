#include "recommender/app/onboarding.h"

#include <algorithm>
#include <utility>

namespace marquee::recommender {
namespace {

constexpr int kMostQuestions = 20;

std::vector<std::int32_t> ItemsOf(const models::Ranker& ranker,
                                  std::span<const std::int64_t> movie_ids) {
  std::vector<std::int32_t> items;
  for (const auto movie_id : movie_ids) {
    if (const auto item = ranker.IndexOf(movie_id)) items.push_back(*item);
  }
  return items;
}

}  // namespace

OnboardingList Onboard(std::shared_ptr<const Serving> serving, const OnboardingRequest& request) {
  const int count = std::clamp(request.count, 1, kMostQuestions);
  OnboardingList list;
  const auto* ranking = serving->ranking();
  if (ranking != nullptr && ranking->ranker->elicitation() != nullptr) {
    const models::Ranker& ranker = *ranking->ranker;
    const auto allowed = serving->Allowed({});
    const auto questions =
        ranker.elicitation()->Next(ItemsOf(ranker, request.rated), ItemsOf(ranker, request.unknown),
                                   count, {.allowed = allowed, .excluded = {}});
    for (const auto& question : questions) {
      list.questions.push_back(
          {serving->RowOfItem(question.item), question.chance, question.information});
    }
    list.model_version = ranking->version;
  } else {
    std::vector<std::int64_t> said = request.rated;
    said.insert(said.end(), request.unknown.begin(), request.unknown.end());
    std::ranges::sort(said);
    for (const auto row : serving->catalogue()->Popular({}, count, said))
      list.questions.push_back({.row = row});
    list.degraded = true;
  }
  list.serving = std::move(serving);
  return list;
}

}  // namespace marquee::recommender
