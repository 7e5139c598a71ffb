#include "trainer/testing/memory_store.h"

#include "trainer/testing/store_contract.h"

namespace marquee::trainer::testing {
namespace {

class InMemory {
 public:
  static bool Available() { return true; }
  RunRepository& runs() { return store_; }
  void LetTimePass(std::chrono::milliseconds by) { store_.Advance(by); }

 private:
  MemoryStore store_{kExpiry};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, InMemory);

}  // namespace
}  // namespace marquee::trainer::testing
