#include "ctl/domain/comparison.h"

#include <gtest/gtest.h>

namespace marquee::ctl {
namespace {

using models::Figure;

// Two methods with one measure, one of which a third hasn't.
Comparison Example() {
  Comparison comparison;
  comparison.measures = {{.key = "coverage", .label = "coverage"},
                         {.key = "rmse",
                          .label = "RMSE",
                          .scale = models::Scale::kRootMean,
                          .higher_is_better = false}};
  comparison.ratings_of_user = {5, 25, 30, 250};
  const std::vector<Figure> a{{4, 4}, {1, 1}, {0, 0}, {9, 1}};
  const std::vector<Figure> b{{3, 4}, {1, 1}, {0, 0}, {4, 1}};
  comparison.methods = {{.name = "a", .algorithm = "a", .means = {0.2, 1.5}, .figures = {{}, a}},
                        {.name = "b", .algorithm = "b", .means = {0.1, 1.2}, .figures = {{}, b}},
                        {.name = "c", .algorithm = "c", .means = {{}, {}}, .figures = {{}, {}}}};
  return comparison;
}

TEST(Comparison, TakesDifferencesFromTheReferenceWhereBothSaySomething) {
  Comparison comparison = Example();
  EXPECT_FALSE(DifferenceOf(comparison, 0, 1)) << "of the reference itself";
  EXPECT_FALSE(DifferenceOf(comparison, 1, 0)) << "coverage is of no single person";
  EXPECT_FALSE(DifferenceOf(comparison, 2, 1)) << "it says nothing";
  ASSERT_TRUE(DifferenceOf(comparison, 1, 1));
  EXPECT_LT(DifferenceOf(comparison, 1, 1)->value, 0);
  EXPECT_EQ(DifferenceOf(comparison, 1, 1)->people, 3);
  comparison.reference = 1;
  EXPECT_GT(DifferenceOf(comparison, 0, 1)->value, 0);
}

TEST(Comparison, TheBestIsByTheFirstMeasureThatAnyHas) {
  Comparison comparison = Example();
  EXPECT_EQ(BestMethod(comparison), 0U) << "more coverage";
  comparison.methods[0].means[0].reset();
  comparison.methods[1].means[0].reset();
  EXPECT_EQ(BestMethod(comparison), 1U) << "the lower error";
  EXPECT_EQ(MainMeasure(comparison, 0), 1U);
  EXPECT_FALSE(MainMeasure(comparison, 2));
  EXPECT_FALSE(AnyHas(comparison, 0));
  EXPECT_TRUE(AnyHas(comparison, 1));
}

TEST(Comparison, GroupsPeopleByTheirRatings) {
  const auto groups = ByRatings(Example(), 1);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].label, "2 to 9");
  EXPECT_EQ(groups[1].label, "20 to 49");
  EXPECT_EQ(groups[1].people, 1) << "who isn't judged isn't counted";
  EXPECT_EQ(groups[2].label, "200 and more");
  EXPECT_DOUBLE_EQ(groups[2].methods[0]->value, 3);
  EXPECT_FALSE(groups[2].methods[2]);
}

}  // namespace
}  // namespace marquee::ctl
