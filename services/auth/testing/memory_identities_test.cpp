#include "auth/testing/memory_identities.h"

#include "auth/testing/identity_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  IdentityRepository& identities() { return identities_; }

 private:
  MemoryStore store_;
  MemoryIdentities identities_{store_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, IdentityContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
