#include "recommender/app/group.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "recommender/app/known_ratings.h"
#include "recommender/domain/diversity.h"

namespace marquee::recommender {
namespace {

// One member's scores of all items, −1 to 1 over those that may be shown; empty for who has no say.
std::vector<float> ScoresOf(const models::Ranker& ranker, const KnownRatings& known,
                            std::span<const std::uint64_t> shown) {
  if (known.items.empty()) return {};
  std::vector<float> scores = ranker.ScoreAll(known.items);
  float largest = 0;
  for (std::size_t word = 0; word < shown.size(); ++word) {
    for (std::uint64_t left = shown[word]; left != 0; left &= left - 1) {
      const std::size_t item = word * 64 + static_cast<std::size_t>(std::countr_zero(left));
      largest = std::max(largest, std::abs(scores[item]));
    }
  }
  if (largest > 0) {
    for (float& score : scores) score /= largest;
  }
  return scores;
}

std::vector<float> Together(const std::vector<std::vector<float>>& members, std::size_t items,
                            GroupStrategy strategy) {
  const bool least = strategy == GroupStrategy::kLeastMisery;
  std::vector<float> scores(items, least ? std::numeric_limits<float>::infinity() : 0);
  const auto with_a_say = static_cast<float>(
      std::ranges::count_if(members, [](const auto& member) { return !member.empty(); }));
  for (const auto& member : members) {
    for (std::size_t item = 0; item < member.size(); ++item) {
      scores[item] =
          least ? std::min(scores[item], member[item]) : scores[item] + member[item] / with_a_say;
    }
  }
  return scores;
}

}  // namespace

std::optional<GroupList> GroupListOf(std::shared_ptr<const Serving> serving,
                                     std::span<const std::vector<Rated>> members,
                                     GroupStrategy strategy, const ListRequest& request) {
  const models::Ranker& ranker = *serving->ranking()->ranker;
  const Catalogue& catalogue = *serving->catalogue();
  std::vector<KnownRatings> known;
  GroupList group;
  for (const auto& member : members) {
    known.push_back(KnownTo(ranker, member));
    group.history_sizes.push_back(static_cast<std::int32_t>(known.back().items.size()));
    group.list.history_size += group.history_sizes.back();
  }
  if (group.list.history_size == 0) return std::nullopt;

  // One bit for each item: without what any of them rated.
  auto shown = serving->Allowed(catalogue.Resolve(request.filter));
  for (const auto& member : known) {
    for (const auto& one : member.items)
      shown[static_cast<std::size_t>(one.item) / 64] &= ~(std::uint64_t{1} << (one.item % 64));
  }
  std::vector<std::vector<float>> scores;
  for (const auto& one : known) scores.push_back(ScoresOf(ranker, one, shown));
  const auto best =
      models::TopNOf(Together(scores, static_cast<std::size_t>(ranker.items()), strategy),
                     static_cast<int>(CandidatesFor(Count(request), request.diversity)),
                     {.allowed = shown, .excluded = {}});
  std::vector<std::int32_t> rows;
  std::vector<double> of_the_group;
  for (const auto& one : best) {
    rows.push_back(serving->RowOfItem(one.item));
    of_the_group.push_back(one.score);
  }
  for (const auto at :
       Diversify(catalogue, rows, of_the_group, request.diversity, Count(request))) {
    group.list.movies.push_back({.row = rows[at], .score = of_the_group[at], .because = {}});
    auto& opinions = group.opinions.emplace_back();
    for (const auto& member : scores) {
      opinions.emplace_back();
      if (!member.empty())
        opinions.back() = Opinion{.score = member[static_cast<std::size_t>(best[at].item)]};
    }
  }
  if (const auto* rating = serving->rating(); rating != nullptr) {
    for (std::size_t member = 0; member < members.size(); ++member) {
      if (scores[member].empty()) continue;
      auto movies = group.list.movies;
      PredictRatings(*rating, members[member], catalogue, movies);
      for (std::size_t at = 0; at < movies.size(); ++at)
        group.opinions[at][member]->predicted_rating = movies[at].predicted_rating;
    }
  }
  group.list.model_version = serving->ranking()->version;
  group.list.serving = std::move(serving);
  return group;
}

}  // namespace marquee::recommender
