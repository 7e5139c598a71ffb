// What every store of the catalogue must do: one suite, run against memory (catalog_test) and
// PostgreSQL (catalog_integration_test).
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "base/testing/calls.h"
#include "catalog/domain/ports.h"

namespace marquee::catalog {

class TestStore {
 public:
  virtual ~TestStore() = default;
  virtual MovieRepository& movies() = 0;
  virtual PosterRepository& posters() = 0;
  virtual AudienceRepository& audience() = 0;
};

using MakeTestStore = std::unique_ptr<TestStore> (*)();

class StoreContract : public testing::TestWithParam<MakeTestStore> {
 protected:
  void SetUp() override {
    store_ = GetParam()();
    if (store_ == nullptr) GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI";
  }
  MovieRepository& movies() { return store_->movies(); }
  ImportCounts Import(const std::vector<Movie>& movies) {
    return store_->movies().Import(movies, kNoDeadline).value();
  }
  // All movies of the list in its order, paged by `limit`.
  std::vector<std::int64_t> Ids(MovieListing listing);

  std::unique_ptr<TestStore> store_;
};

}  // namespace marquee::catalog
