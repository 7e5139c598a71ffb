// Keeps the audit log.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "auth/domain/audit.h"
#include "auth/domain/ports.h"
#include "base/rate_limiter.h"
#include "metrics/metrics.h"

namespace marquee::auth {

struct AuditPage {
  std::vector<AuditEntry> entries;
  std::int64_t next = 0;  // 0: that was all
};

class Audit {
 public:
  // Entries are forgotten when they are `keep` old.
  Audit(AuditLog& log, AccountRepository& accounts, const Clock& clock, std::chrono::hours keep,
        metrics::Metrics& metrics);

  // Adds the entry, dated now. `about`: the id or the e-mail address of whom it concerns; empty: who
  // did it. An entry that can't be written is logged and counted, and nobody's call fails for it.
  // Refusals of one kind from one address beyond 60 a minute are counted instead of entered: a flood
  // of guesses doesn't fill the disk.
  void Enter(AuditEntry entry, const std::string& about, const CallContext& call);

  // The youngest first; `before` 0 begins with the last.
  Result<AuditPage> List(const AuditFilter& filter, std::int64_t before, int page_size,
                         const CallContext& call);
  Status Forget(const CallContext& call);

 private:
  std::int64_t AccountOf(const std::string& about, const AuditEntry& entry,
                         const CallContext& call) const;

  AuditLog& log_;
  AccountRepository& accounts_;
  const Clock& clock_;
  const std::chrono::hours keep_;
  RateLimiter refusals_{10'000};
  metrics::Counter lost_;
  metrics::Counter counted_instead_;
};

}  // namespace marquee::auth
