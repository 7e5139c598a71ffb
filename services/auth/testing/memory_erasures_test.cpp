#include "auth/testing/erasure_contract.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  ErasureRepository& erasures() { return store_; }
  void Confirm(std::int64_t user_id, const std::string& service, Time at) {
    store_.Confirm(user_id, service, at);
  }
  void Complete(std::int64_t user_id, Time at) { store_.Complete(user_id, at); }

 private:
  MemoryStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ErasureContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
