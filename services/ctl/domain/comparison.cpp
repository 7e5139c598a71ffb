#include "ctl/domain/comparison.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

namespace marquee::ctl {
namespace {

using Figures = std::vector<models::Figure>;

// Nothing where the method has none.
const Figures* FiguresOf(const Comparison& comparison, std::size_t method, std::size_t measure) {
  const auto& figures = comparison.methods[method].figures;
  return measure < figures.size() && !figures[measure].empty() ? &figures[measure] : nullptr;
}

}  // namespace

std::optional<models::Estimate> EstimateOf(const Comparison& comparison, std::size_t method,
                                           std::size_t measure) {
  const Figures* figures = FiguresOf(comparison, method, measure);
  if (figures == nullptr) return std::nullopt;
  return models::EstimateOf(*figures, comparison.measures[measure].scale);
}

std::optional<models::Estimate> DifferenceOf(const Comparison& comparison, std::size_t method,
                                             std::size_t measure) {
  const Figures* a = FiguresOf(comparison, method, measure);
  const Figures* b = FiguresOf(comparison, comparison.reference, measure);
  if (method == comparison.reference || a == nullptr || b == nullptr) return std::nullopt;
  return models::Difference(*a, *b, comparison.measures[measure].scale);
}

bool AnyHas(const Comparison& comparison, std::size_t measure) {
  return std::any_of(comparison.methods.begin(), comparison.methods.end(),
                     [&](const MethodResult& method) { return method.means[measure].has_value(); });
}

std::optional<std::size_t> MainMeasure(const Comparison& comparison, std::size_t method) {
  const Values& means = comparison.methods[method].means;
  for (std::size_t measure = 0; measure < means.size(); ++measure) {
    if (means[measure]) return measure;
  }
  return std::nullopt;
}

std::size_t BestMethod(const Comparison& comparison) {
  for (std::size_t measure = 0; measure < comparison.measures.size(); ++measure) {
    std::optional<std::size_t> best;
    for (std::size_t method = 0; method < comparison.methods.size(); ++method) {
      const auto value = comparison.methods[method].means[measure];
      if (!value) continue;
      const auto gain = best ? *value - *comparison.methods[*best].means[measure] : 1;
      const bool higher = comparison.measures[measure].higher_is_better;
      if (!best || (higher ? gain > 0 : gain < 0)) best = method;
    }
    if (best) return *best;
  }
  return 0;
}

std::vector<Group> ByRatings(const Comparison& comparison, std::size_t measure) {
  constexpr std::array<std::int64_t, 6> kFrom = {2, 10, 20, 50, 100, 200};
  std::vector<Group> groups;
  for (std::size_t g = 0; g < kFrom.size(); ++g) {
    const bool last = g + 1 == kFrom.size();
    const std::int64_t to = last ? std::numeric_limits<std::int64_t>::max() : kFrom[g + 1] - 1;
    Group group;
    group.label = last ? std::to_string(kFrom[g]) + " and more"
                       : std::to_string(kFrom[g]) + " to " + std::to_string(to);
    for (std::size_t method = 0; method < comparison.methods.size(); ++method) {
      auto& estimate = group.methods.emplace_back();
      const Figures* figures = FiguresOf(comparison, method, measure);
      if (figures == nullptr) continue;
      Figures own;
      for (std::size_t user = 0; user < figures->size(); ++user) {
        const std::int64_t ratings = comparison.ratings_of_user[user];
        if (ratings >= kFrom[g] && ratings <= to) own.push_back((*figures)[user]);
      }
      estimate = models::EstimateOf(own, comparison.measures[measure].scale);
      group.people = std::max(group.people, estimate->people);
    }
    if (group.people > 0) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace marquee::ctl
