#include "auth/testing/memory_api_keys.h"

#include "auth/testing/api_key_contract.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  ApiKeyRepository& api_keys() { return keys_; }

 private:
  MemoryStore store_;
  MemoryApiKeys keys_{store_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ApiKeyContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
