#include "auth/testing/memory_audit.h"

#include "auth/testing/audit_contract.h"

namespace marquee::auth {
namespace {

class MemoryFixture {
 public:
  static const char* Missing() { return nullptr; }
  AuditLog& audit() { return log_; }

 private:
  MemoryAudit log_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, AuditContract, MemoryFixture);

}  // namespace
}  // namespace marquee::auth
