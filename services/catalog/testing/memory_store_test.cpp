#include "catalog/testing/memory_store.h"

#include "catalog/testing/store_contract.h"

namespace marquee::catalog {
namespace {

class MemoryTestStore final : public TestStore {
 public:
  MovieRepository& movies() override { return movies_; }
  PosterRepository& posters() override { return posters_; }
  AudienceRepository& audience() override { return movies_; }

 private:
  ManualClock clock_;
  MemoryMovies movies_{clock_};
  MemoryPosters posters_{movies_};
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values([]() -> std::unique_ptr<TestStore> {
                           return std::make_unique<MemoryTestStore>();
                         }));

}  // namespace
}  // namespace marquee::catalog
