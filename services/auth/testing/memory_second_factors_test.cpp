#include "auth/testing/memory_second_factors.h"

#include "auth/testing/second_factor_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  SecondFactorRepository& factors() { return factors_; }

 private:
  MemoryStore store_;
  MemorySecondFactors factors_{store_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, SecondFactorContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
