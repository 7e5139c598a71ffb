#include "reviews/testing/memory_store.h"

#include "reviews/testing/store_contract.h"

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
