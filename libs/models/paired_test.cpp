#include "models/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/random.h"

namespace marquee::models {
namespace {

std::vector<Figure> OneEach(const std::vector<double>& values) {
  std::vector<Figure> people;
  people.reserve(values.size());
  for (const double value : values) people.push_back({value, 1});
  return people;
}

TEST(Difference, IsTheMeanOfPairedDifferencesWithItsStandardError) {
  const auto a = OneEach({0.5, 0.2, 0.9});
  const auto b = OneEach({0.4, 0.3, 0.5});
  const Estimate difference = Difference(a, b, Scale::kMean);
  EXPECT_NEAR(difference.value, (0.1 - 0.1 + 0.4) / 3, 1e-12);
  // Standard deviation of 0.1, −0.1, 0.4 with n − 1, over √n.
  const double mean = 0.4 / 3;
  const double variance =
      (std::pow(0.1 - mean, 2) + std::pow(-0.1 - mean, 2) + std::pow(0.4 - mean, 2)) / 2;
  EXPECT_NEAR(difference.standard_error, std::sqrt(variance / 3), 1e-12);
  EXPECT_EQ(difference.people, 3);
}

TEST(Difference, PassesOverThoseWhoSayNothing) {
  const std::vector<Figure> a{{0.5, 1}, {0, 0}, {0.7, 1}};
  const std::vector<Figure> b{{0.4, 1}, {0, 0}, {0.4, 1}};
  const Estimate difference = Difference(a, b, Scale::kMean);
  EXPECT_NEAR(difference.value, 0.2, 1e-12);
  EXPECT_EQ(difference.people, 2);
  EXPECT_EQ(Difference({}, {}, Scale::kRootMean).people, 0);
  EXPECT_EQ(Difference(OneEach({1}), OneEach({0}), Scale::kMean).standard_error, 0);
}

TEST(Difference, OfRootsIsTheDifferenceOfTheRoots) {
  // Squared errors: 4 ratings of one person, 1 of another.
  const std::vector<Figure> a{{4, 4}, {0.25, 1}};
  const std::vector<Figure> b{{3, 4}, {0.5, 1}};
  EXPECT_NEAR(Difference(a, b, Scale::kRootMean).value, std::sqrt(4.25 / 5) - std::sqrt(3.5 / 5),
              1e-12);
  EXPECT_NEAR(EstimateOf(a, Scale::kRootMean).value, std::sqrt(4.25 / 5), 1e-12);
}

struct TwoMethods {
  std::vector<Figure> a;
  std::vector<Figure> b;
};
// People differ much, methods by `gain` with a little noise.
TwoMethods Generated(size_t people, double gain) {
  TwoMethods methods;
  for (size_t i = 0; i < people; ++i) {
    const double person = 1 + 0.3 * static_cast<double>(NormalAt(1, i));
    methods.b.push_back({person, 1});
    methods.a.push_back({person + gain + 0.05 * static_cast<double>(NormalAt(2, i)), 1});
  }
  return methods;
}

TEST(Bootstrap, AgreesWithTheStandardErrorAndIsTheSameForTheSameSeed) {
  const auto [a, b] = Generated(400, 0.01);
  const auto interval = Bootstrap(a, b, Scale::kMean, {.seed = 7});
  const Estimate normal = Difference(a, b, Scale::kMean);
  EXPECT_NEAR(interval.difference, normal.value, 1e-12);
  EXPECT_NEAR(interval.lower, normal.value - 1.645 * normal.standard_error,
              0.15 * normal.standard_error);
  EXPECT_NEAR(interval.upper, normal.value + 1.645 * normal.standard_error,
              0.15 * normal.standard_error);
  EXPECT_GT(interval.lower, 0) << "pairing makes a gain of 3 % of what people differ by plain";
  EXPECT_EQ(interval.people, 400);
  EXPECT_EQ(interval.lower, Bootstrap(a, b, Scale::kMean, {.seed = 7}).lower);
  EXPECT_NE(interval.lower, Bootstrap(a, b, Scale::kMean, {.seed = 8}).lower);
}

TEST(Bootstrap, OfEqualMethodsIsNothing) {
  const auto [a, b] = Generated(50, 0);
  const auto same = Bootstrap(b, b, Scale::kRootMean);
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.lower, 0);
  EXPECT_EQ(same.upper, 0);
  const auto noise = Bootstrap(a, b, Scale::kMean);
  EXPECT_LT(noise.lower, 0);
  EXPECT_GT(noise.upper, 0);
  EXPECT_EQ(Bootstrap({}, {}, Scale::kMean).people, 0);
}

}  // namespace
}  // namespace marquee::models
