#include "reviews/store/memory_reviews.h"

#include "reviews/store/contract_suite.h"

namespace marquee::reviews {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  ReviewRepository& reviews() { return store_; }

 private:
  MemoryReviews store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ReviewContract, MemoryFixture);

}  // namespace
}  // namespace marquee::reviews
