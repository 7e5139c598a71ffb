#include "models/elicitation.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace marquee::models {
namespace {

constexpr char kItems[] = "ranking.elicitation_items";
constexpr char kMeans[] = "ranking.elicitation_means";
constexpr char kCovariance[] = "ranking.elicitation_covariance";
// As many people are added in whom no movie goes with another: what a few have in common is no rule.
constexpr double kPseudoPeople = 50;
// The least chance that is reckoned with: the mean of a Gaussian may be below 0.
constexpr double kLeastChance = 0.01;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using View = Eigen::Map<const Matrix>;

std::vector<int32_t> MostRated(const RatingMatrix& ratings, int32_t most) {
  std::vector<int32_t> items(static_cast<size_t>(ratings.items()));
  std::iota(items.begin(), items.end(), 0);
  std::erase_if(items, [&](int32_t item) { return ratings.by_item().RowSize(item) == 0; });
  std::ranges::stable_sort(items, std::greater<>(),
                           [&](int32_t item) { return ratings.by_item().RowSize(item); });
  if (std::ssize(items) > most) items.resize(static_cast<size_t>(most));
  return items;
}

// What is known of the movies after answers, which are given one at a time or all at once.
class Belief {
 public:
  Belief(std::span<const float> means, std::span<const float> covariance)
      : mean_(Eigen::Map<const Eigen::VectorXf>(means.data(), std::ssize(means))),
        covariance_(View(covariance.data(), std::ssize(means), std::ssize(means))) {}

  void Learn(const std::vector<Eigen::Index>& asked, const std::vector<float>& answers) {
    if (asked.empty()) return;
    const Matrix across = covariance_(Eigen::all, asked);
    const Eigen::LLT<Eigen::MatrixXf> known(covariance_(asked, asked));
    const Eigen::VectorXf off =
        Eigen::Map<const Eigen::VectorXf>(answers.data(), std::ssize(answers)) - mean_(asked);
    mean_ += across * known.solve(off);
    const Eigen::MatrixXf half = known.matrixL().solve(across.transpose());
    covariance_.noalias() -= half.transpose() * half;
  }
  // An answer that isn't known yet.
  void Expect(Eigen::Index asked) {
    const Eigen::VectorXf across = covariance_.col(asked);
    const float variance = across[asked];
    if (variance > 0) covariance_.noalias() -= across * (across / variance).transpose();
  }

  double Chance(Eigen::Index movie) const {
    return std::clamp(static_cast<double>(mean_[movie]), kLeastChance, 1.0);
  }
  double Variance() const { return static_cast<double>(covariance_.trace()); }
  // Of all, that an answer would take.
  double Told(Eigen::Index movie) const {
    const auto variance = static_cast<double>(covariance_(movie, movie));
    return variance > 0 ? static_cast<double>(covariance_.row(movie).squaredNorm()) / variance : 0;
  }

 private:
  Eigen::VectorXf mean_;
  Matrix covariance_;
};

}  // namespace

void Elicitation::Fit(const RatingMatrix& ratings, Parameters& parameters) {
  auto items = MostRated(ratings, kMovies);
  const auto movies = std::ssize(items);
  if (movies < 2) return;
  std::vector<int32_t> place(static_cast<size_t>(ratings.items()), -1);
  for (size_t at = 0; at < items.size(); ++at)
    place[static_cast<size_t>(items[at])] = static_cast<int32_t>(at);

  Eigen::MatrixXd together = Eigen::MatrixXd::Zero(movies, movies);
  std::vector<int32_t> theirs;
  for (int32_t user = 0; user < ratings.users(); ++user) {
    theirs.clear();
    for (const int32_t item : ratings.by_user().RowColumns(user)) {
      if (const int32_t at = place[static_cast<size_t>(item)]; at >= 0) theirs.push_back(at);
    }
    for (const int32_t a : theirs)
      for (const int32_t b : theirs) together(b, a) += 1;
  }
  const auto people = static_cast<double>(std::max(ratings.users(), 1));
  const Eigen::VectorXd mean = together.diagonal() / people;
  together /= people;
  together.noalias() -= mean * mean.transpose();
  together.diagonal().array() += kPseudoPeople / people;

  std::vector<float> means(items.size());
  Eigen::Map<Eigen::VectorXf>(means.data(), movies) = mean.cast<float>();
  std::vector<float> covariance(items.size() * items.size());
  Eigen::Map<Matrix>(covariance.data(), movies, movies) = together.cast<float>();
  const auto& kept_items = parameters.Keep(std::move(items));
  parameters.tensors.push_back(Tensor::Of(kItems, {movies}, kept_items));
  parameters.Add(kMeans, std::span<const float>(parameters.Keep(std::move(means))));
  parameters.Add(kCovariance,
                 MatrixView{parameters.Keep(std::move(covariance)).data(),
                            static_cast<int32_t>(movies), static_cast<int32_t>(movies)});
}

Result<std::shared_ptr<const Elicitation>> Elicitation::Load(const Parameters& parameters,
                                                             int32_t items) {
  if (!parameters.Has(kCovariance)) return std::shared_ptr<const Elicitation>();
  const auto found = std::ranges::find(parameters.tensors, kItems, &Tensor::name);
  if (found == parameters.tensors.end() || found->dtype != DType::kI32 ||
      found->shape.size() != 1 || found->shape[0] < 1 || found->shape[0] > kMovies) {
    return Unfit(std::string(kItems) + " is missing, or isn't 1 to " + std::to_string(kMovies) +
                 " numbers of items (i32)");
  }
  auto elicitation = std::shared_ptr<Elicitation>(new Elicitation());
  elicitation->items_ = found->i32();
  const size_t movies = elicitation->items_.size();
  ASSIGN_OR_RETURN(elicitation->means_, parameters.Vector(kMeans, movies));
  ASSIGN_OR_RETURN(const MatrixView covariance,
                   parameters.Matrix(kCovariance, static_cast<int32_t>(movies)));
  if (covariance.columns != static_cast<int32_t>(movies))
    return Unfit(std::string(kCovariance) + " isn't square");
  elicitation->covariance_ = {covariance.data, movies * movies};
  for (size_t at = 0; at < movies; ++at)
    elicitation->places_.emplace_back(elicitation->items_[at], static_cast<int32_t>(at));
  std::ranges::sort(elicitation->places_);
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (elicitation->places_.front().first < 0 || elicitation->places_.back().first >= items ||
      std::ranges::adjacent_find(elicitation->places_, same) != elicitation->places_.end()) {
    return Unfit(std::string(kItems) + " has an item twice, or one that there isn't");
  }
  const View matrix(covariance.data, covariance.rows, covariance.columns);
  if (!matrix.isApprox(matrix.transpose(), 1e-4F) ||
      Eigen::LLT<Eigen::MatrixXf>(matrix).info() != Eigen::Success) {
    return Unfit(std::string(kCovariance) + " isn't a covariance: symmetric and positive definite");
  }
  return std::shared_ptr<const Elicitation>(std::move(elicitation));
}

std::vector<Question> Elicitation::Next(std::span<const int32_t> rated,
                                        std::span<const int32_t> unknown, int n,
                                        const ItemFilter& filter) const {
  std::vector<char> open(items_.size(), 1);
  std::vector<Eigen::Index> asked;
  std::vector<float> answers;
  const auto answer = [&](std::span<const int32_t> items, float known) {
    for (const int32_t item : items) {
      const auto found =
          std::ranges::lower_bound(places_, item, {}, &std::pair<int32_t, int32_t>::first);
      if (found == places_.end() || found->first != item) continue;
      const auto at = static_cast<size_t>(found->second);
      if (open[at] == 0) continue;
      open[at] = 0;
      if (asked.size() >= kAnswers) continue;
      asked.push_back(static_cast<Eigen::Index>(at));
      answers.push_back(known);
    }
  };
  answer(rated, 1);
  answer(unknown, 0);
  for (size_t at = 0; at < items_.size(); ++at) {
    if (!IsAllowed(filter.allowed, items_[at]) ||
        std::ranges::find(filter.excluded, items_[at]) != filter.excluded.end()) {
      open[at] = 0;
    }
  }

  Belief belief(means_, covariance_);
  belief.Learn(asked, answers);
  std::vector<Question> questions;
  while (std::ssize(questions) < n) {
    const double variance = belief.Variance();
    std::optional<size_t> best;
    Question question;
    for (size_t at = 0; at < items_.size(); ++at) {
      if (open[at] == 0) continue;
      const auto index = static_cast<Eigen::Index>(at);
      const double chance = belief.Chance(index);
      const double told = variance > 0 ? std::min(belief.Told(index) / variance, 1.0) : 0;
      if (best && chance * told <= question.chance * question.information) continue;
      best = at;
      question = {items_[at], chance, told};
    }
    if (!best) break;
    open[*best] = 0;
    questions.push_back(question);
    if (std::ssize(questions) < n) belief.Expect(static_cast<Eigen::Index>(*best));
  }
  return questions;
}

}  // namespace marquee::models
