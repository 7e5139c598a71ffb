// A list for several people (Masthoff, "Group Recommender Systems", 2011).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "recommender/app/list.h"
#include "recommender/domain/history.h"

namespace marquee::recommender {

// How opinions become the group's. Each person's scores are divided by their largest size first, so
// that nobody counts for more because they have rated more.
enum class GroupStrategy {
  kAverage,      // their mean
  kLeastMisery,  // the lowest: nobody has to sit through what they would hate
};

struct Opinion {
  double score = 0;  // −1 to 1
  std::optional<double> predicted_rating = {};
};

struct GroupList {
  RecommendationList list;  // each score is the group's; history_size is the sum
  // Of each movie of the list those of the members, in their order; nobody of who has no say.
  // Empty where the list is degraded.
  std::vector<std::vector<std::optional<Opinion>>> opinions;
  std::vector<std::int32_t> history_sizes;  // of the members
};

// nullopt where no member has rated anything that the ranking model, which there is, knows. Without an
// id.
std::optional<GroupList> GroupListOf(std::shared_ptr<const Serving> serving,
                                     std::span<const std::vector<Rated>> members,
                                     GroupStrategy strategy, const ListRequest& request);

}  // namespace marquee::recommender
