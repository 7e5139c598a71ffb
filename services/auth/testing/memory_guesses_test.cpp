#include "auth/testing/memory_guesses.h"

#include "auth/testing/guess_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  GuessRepository& guesses() { return guesses_; }

 private:
  MemoryGuesses guesses_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, GuessContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
