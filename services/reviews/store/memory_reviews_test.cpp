#include "reviews/store/memory_reviews.h"

#include "reviews/store/contract_suite.h"

namespace marquee::reviews {
namespace {

class MemoryFixture {
 public:
  ReviewRepository& reviews() { return store_; }

 private:
  MemoryReviews store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ReviewContract, MemoryFixture);

}  // namespace
}  // namespace marquee::reviews
