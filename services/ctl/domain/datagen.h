// A demo data set: real films and an audience that is simulated from a latent-factor model, so that
// a recommender has something to find. The same options and films give the same data set, on every
// machine.
//
// The model: every film has a quality (from its rating on IMDb), a popularity (from its number of
// votes) and a taste vector that its genre shapes; every user has a taste vector, a bias and an
// activity. A user rates films drawn by popularity × exp(affinity), and gives quality + bias +
// affinity + noise, to the nearest half star.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/domain/dataset.h"

namespace marquee::ctl {

struct Film {
  std::string title;
  int year = 0;
  std::string genre;   // empty when unknown
  double quality = 6;  // 1 to 10
  double votes = 100;  // how many people know it
};

struct DatagenOptions {
  int users = 2'000;
  std::int64_t ratings = 200'000;  // about
  std::uint64_t seed = 1;
  std::int64_t newest = 1'750'000'000;  // timestamps lie in the two years before this second
};

// Movies are numbered from 1 in the films' order. InvalidArgument when there are fewer films than a
// user may rate.
Result<Dataset> GenerateAudience(const std::vector<Film>& films, const DatagenOptions& options);

}  // namespace marquee::ctl
