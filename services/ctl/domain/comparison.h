// What `evaluate` finds out: methods, judged on the same folds, and how they differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/fitting.h"
#include "models/paired.h"
#include "models/search.h"

namespace marquee::ctl {

// A column of the tables.
struct Measure {
  std::string key;    // for programs: "ndcg_at_100"
  std::string label;  // for people: "NDCG@100"
  models::Scale scale = models::Scale::kMean;
  bool higher_is_better = true;
  bool percent = false;
  bool headline = true;  // one of the few that fit on a line
};

// A value for each measure; nothing where the method says nothing.
using Values = std::vector<std::optional<double>>;

struct MethodResult {
  std::string name;
  std::string algorithm;
  models::OptionValues options = {};
  Values means = {};               // over all folds
  std::vector<Values> folds = {};  // of each fold
  // By measure: a figure for each user of the data set (a weight of 0: not judged by this one).
  // Empty where the method says nothing, and of what no single person has (coverage).
  std::vector<std::vector<models::Figure>> figures = {};
  // What each fold's fit measured of itself, step by step.
  std::vector<std::vector<models::Measured>> curves = {};
  // What each fold's search found.
  std::vector<models::Found> searches = {};
};

struct Comparison {
  std::string data = {};  // the data set's name
  std::string task = {};
  std::string split = {};
  int folds = 0;
  std::uint64_t seed = 0;
  std::int64_t ratings = 0;
  std::int64_t movies = 0;
  std::vector<std::int64_t> ratings_of_user = {};  // in the whole data set
  std::vector<Measure> measures = {};              // methods are compared by the first
  std::vector<MethodResult> methods = {};
  std::size_t reference = 0;  // of the methods: from which differences are

  std::int64_t users() const { return static_cast<std::int64_t>(ratings_of_user.size()); }
};

// Of one method, with what it would vary by with other people.
std::optional<models::Estimate> EstimateOf(const Comparison& comparison, std::size_t method,
                                           std::size_t measure);
// The method less the reference, paired by person. Nothing of the reference itself.
std::optional<models::Estimate> DifferenceOf(const Comparison& comparison, std::size_t method,
                                             std::size_t measure);
// By the first measure that any method has; the first method when none has.
std::size_t BestMethod(const Comparison& comparison);
bool AnyHas(const Comparison& comparison, std::size_t measure);
// The first measure that the method has.
std::optional<std::size_t> MainMeasure(const Comparison& comparison, std::size_t method);

// People with about as many ratings.
struct Group {
  std::string label;  // "20 to 49"
  std::int64_t people = 0;
  std::vector<std::optional<models::Estimate>> methods;  // of one measure
};
std::vector<Group> ByRatings(const Comparison& comparison, std::size_t measure);

}  // namespace marquee::ctl
