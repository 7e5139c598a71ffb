#include "auth/testing/memory_store.h"

#include "auth/testing/store_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  SessionRepository& sessions() { return store_; }
  KeyRepository& keys() { return store_; }

 private:
  MemoryStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
