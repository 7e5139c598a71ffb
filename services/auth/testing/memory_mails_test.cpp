#include "auth/testing/memory_mails.h"

#include "auth/testing/mail_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AccountRepository& accounts() { return store_; }
  SessionRepository& sessions() { return store_; }
  MailRepository& mails() { return mails_; }

 private:
  MemoryStore store_;
  MemoryMails mails_{store_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, MailContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
