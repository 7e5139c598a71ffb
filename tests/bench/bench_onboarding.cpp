// What questions to new people are worth: people who weren't trained on are asked about movies, one
// after the other, until they have known five; then the list that their ratings of those five give
// is judged by what else they rated.
//   build/release/bench/bench_onboarding FOLDER [SEED [FOLDS]]
// FOLDER is a MovieLens data set. Of each person's movies a fifth is never asked about and is what the
// list should have; they know the other four fifths and nothing else. Nobody is asked more than 300
// times. Ways to ask: models/elicitation.h; the most rated first; and at random, among the 500 most
// rated, since nobody would answer questions about all. Differences are paired by person.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/files/read_dataset.h"
#include "models/evaluation.h"
#include "models/fitting.h"
#include "models/paired.h"
#include "models/random.h"
#include "models/splits.h"

namespace {

using namespace marquee::models;  // NOLINT: a bench of this namespace alone

constexpr size_t kAnswers = 5;
constexpr int kPatience = 300;
constexpr int kShort = 10;  // how many questions somebody answers who is in a hurry

struct Asked {
  std::vector<int32_t> rated;
  std::vector<int32_t> unknown;
};
// The next question; nothing: there is none left.
using Way = std::function<std::optional<int32_t>(const Asked& asked)>;

struct Person {
  double after_answers = 0;  // NDCG@100
  double after_short = 0;
  int questions = 0;
  bool answered = false;
};

Person Interview(const Ranker& ranker, const HeldOutUser& user, const Way& next) {
  std::map<int32_t, float> knows;
  for (const auto& given : user.given) knows[given.item] = given.rating;
  Asked asked;
  std::vector<RatedItem> history;
  Person person;
  const auto judge = [&] {
    std::vector<int32_t> list;
    if (history.empty()) return 0.0;
    for (const auto& scored : ranker.Recommend(history, 100)) list.push_back(scored.item);
    return NdcgAt(list, user.relevant, 100);
  };
  while (history.size() < kAnswers && person.questions < kPatience) {
    const auto item = next(asked);
    if (!item) break;
    ++person.questions;
    if (const auto known = knows.find(*item); known != knows.end()) {
      history.push_back({*item, known->second});
      asked.rated.push_back(*item);
    } else {
      asked.unknown.push_back(*item);
    }
    if (person.questions == kShort) person.after_short = judge();
  }
  person.answered = history.size() == kAnswers;
  person.after_answers = judge();
  if (person.questions < kShort) person.after_short = person.after_answers;
  return person;
}

std::vector<int32_t> MostRated(const RatingMatrix& ratings) {
  std::vector<int32_t> items;
  for (int32_t item = 0; item < ratings.items(); ++item) items.push_back(item);
  std::ranges::stable_sort(items, std::greater<>(),
                           [&](int32_t item) { return ratings.by_item().RowSize(item); });
  items.resize(std::min<size_t>(items.size(), Elicitation::kMovies));
  return items;
}

Way InOrder(std::vector<int32_t> items) {
  return [items = std::move(items)](const Asked& asked) -> std::optional<int32_t> {
    const size_t at = asked.rated.size() + asked.unknown.size();
    return at < items.size() ? std::optional(items[at]) : std::nullopt;
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "bench_onboarding FOLDER [SEED [FOLDS]]\n");
    return 2;
  }
  const auto seed = static_cast<uint64_t>(argc > 2 ? std::atoi(argv[2]) : 1);
  const int folds = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto dataset = marquee::ctl::ReadDataset(
      argv[1], [](const marquee::ctl::Reject&) {}, [](double) {});
  if (!dataset.ok()) {
    std::fprintf(stderr, "%s\n", dataset.error().ToString().c_str());
    return 1;
  }
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  std::vector<float> stars;
  for (const auto& rating : dataset->ratings) {
    users.push_back(rating.user_id);
    items.push_back(rating.movie_id);
    stars.push_back(rating.value);
  }
  const auto matrix = RatingMatrix::Build(users, items, stars);
  if (!matrix.ok()) return 1;

  const std::vector<std::string> ways = {"ours", "most rated", "random"};
  std::map<std::string, std::vector<Person>> people;
  for (int fold = 0; fold < folds; ++fold) {
    const auto split = SplitUsers(*matrix, folds, fold, seed);
    const auto ranker = FitRanker("ials+ease", split.train, {}, {.seed = seed});
    if (!ranker.ok()) {
      std::fprintf(stderr, "%s\n", ranker.error().ToString().c_str());
      return 1;
    }
    const auto popular = MostRated(split.train);
    for (const auto& user : split.held_out) {
      if (user.given.size() < kAnswers) continue;
      const Way ours = [&](const Asked& asked) -> std::optional<int32_t> {
        const auto questions = (*ranker)->elicitation()->Next(asked.rated, asked.unknown, 1);
        return questions.empty() ? std::nullopt : std::optional(questions[0].item);
      };
      people["ours"].push_back(Interview(**ranker, user, ours));
      people["most rated"].push_back(Interview(**ranker, user, InOrder(popular)));
      auto order = popular;
      Random random(seed * 1'000'003 + static_cast<uint64_t>(user.user));
      for (size_t at = order.size(); at > 1; --at)
        std::swap(order[at - 1], order[random.Below(at)]);
      people["random"].push_back(Interview(**ranker, user, InOrder(std::move(order))));
    }
    std::fprintf(stderr, "fold %d of %d\n", fold + 1, folds);
  }

  const auto figures = [&](const std::string& way, double Person::*value) {
    std::vector<Figure> result;
    for (const Person& person : people[way]) result.push_back({person.*value, 1});
    return result;
  };
  std::printf("%zu people, each asked until they know %zu of the movies\n", people["ours"].size(),
              kAnswers);
  std::printf("%-12s %9s %22s %12s %22s %10s\n", "asked", "NDCG@100", "ours is better by",
              "after 10", "ours is better by", "questions");
  for (const auto& way : ways) {
    double questions = 0;
    for (const Person& person : people[way]) questions += person.questions;
    const auto difference = [&](double Person::*value) {
      const auto d =
          Difference(figures("ours", value), figures(way, value), marquee::models::Scale::kMean);
      char text[64];
      std::snprintf(text, sizeof text, "%+.4f ± %.4f", d.value, d.standard_error);
      return way == "ours" ? std::string() : std::string(text);
    };
    std::printf("%-12s %9.4f %23s %12.4f %23s %10.1f\n", way.c_str(),
                Overall(figures(way, &Person::after_answers), marquee::models::Scale::kMean),
                difference(&Person::after_answers).c_str(),
                Overall(figures(way, &Person::after_short), marquee::models::Scale::kMean),
                difference(&Person::after_short).c_str(),
                questions / static_cast<double>(people[way].size()));
  }
}
