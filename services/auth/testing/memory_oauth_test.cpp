#include "auth/testing/memory_oauth.h"

#include "auth/testing/oauth_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  SessionRepository& sessions() { return store_; }
  OAuthClientRepository& clients() { return oauth_; }
  OAuthRepository& oauth() { return oauth_; }

 private:
  MemoryStore store_;
  MemoryOAuth oauth_{store_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, OAuthContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
