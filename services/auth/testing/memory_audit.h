// The audit log in memory, for tests.
#pragma once

#include <algorithm>
#include <mutex>

#include "auth/domain/audit.h"

namespace marquee::auth {

class MemoryAudit final : public AuditLog {
 public:
  Status Add(const AuditEntry& entry, const CallContext& /*call*/) override {
    const std::lock_guard lock(mutex_);
    if (failing_) return Error::Unavailable("database_unavailable", "not now");
    entries_.push_back(entry);
    entries_.back().number = ++last_;
    return {};
  }
  Result<std::vector<AuditEntry>> List(const AuditFilter& filter, std::int64_t before, int limit,
                                       const CallContext& /*call*/) override {
    const std::lock_guard lock(mutex_);
    std::vector<AuditEntry> found;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      const bool theirs = filter.user_id == 0 || entry->about_user_id == filter.user_id ||
                          entry->actor == std::to_string(filter.user_id);
      const bool such = filter.action.empty() || entry->action == filter.action;
      if (entry->number < before && theirs && such && std::ssize(found) < limit)
        found.push_back(*entry);
    }
    return found;
  }
  Status Forget(Time before, const CallContext& /*call*/) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const AuditEntry& entry) { return entry.at < before; });
    return {};
  }

  void Fail(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }

 private:
  std::mutex mutex_;
  std::int64_t last_ = 0;
  std::vector<AuditEntry> entries_;
  bool failing_ = false;
};

}  // namespace marquee::auth
