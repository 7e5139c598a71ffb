#include "auth/app/audit.h"

#include <absl/strings/numbers.h>

#include <limits>

#include "logging/log.h"

namespace marquee::auth {
namespace {

constexpr Quota kRefusals{.requests = 60, .window = std::chrono::minutes{1}};
constexpr std::chrono::seconds kMostTime{2};
constexpr int kDefaultPage = 100;

}  // namespace

Audit::Audit(AuditLog& log, AccountRepository& accounts, const Clock& clock,
             std::chrono::hours keep, metrics::Metrics& metrics)
    : log_(log),
      accounts_(accounts),
      clock_(clock),
      keep_(keep),
      lost_(metrics.AddCounter("marquee_auth_audit_lost_total",
                               "Audit entries that couldn't be written")),
      counted_instead_(metrics.AddCounter(
          "marquee_auth_audit_suppressed_total",
          "Refusals of which there were too many from one address to enter each")) {}

void Audit::Enter(AuditEntry entry, const std::string& about, const CallContext& call) {
  if (entry.code != "OK" &&
      refusals_
          .Take(entry.action + ' ' + entry.address, kRefusals, std::chrono::steady_clock::now())
          .retry_after) {
    counted_instead_.Increment();
    return;
  }
  entry.at = clock_.Now();
  // Whoever called may have no time left; what they did is entered all the same.
  CallContext entering = call;
  entering.deadline = entry.at + kMostTime;
  entry.about_user_id = AccountOf(about, entry, entering);
  const Status added = log_.Add(entry, entering);
  if (added.ok()) return;
  lost_.Increment();
  logging::Error("an audit entry couldn't be written", {{"action", entry.action},
                                                        {"code", entry.code},
                                                        {"actor", entry.actor},
                                                        {"about", entry.about_user_id},
                                                        {"error", added.error().ToString()}});
}

std::int64_t Audit::AccountOf(const std::string& about, const AuditEntry& entry,
                              const CallContext& call) const {
  std::int64_t user_id = 0;
  if (absl::SimpleAtoi(about.empty() ? entry.actor : about, &user_id)) return user_id;
  const auto email = Email::Make(about);
  if (!email.ok()) return 0;
  const auto found = accounts_.FindCredentials(*email, call);
  return found.ok() ? found->account.user_id : 0;
}

Result<AuditPage> Audit::List(const AuditFilter& filter, std::int64_t before, int page_size,
                              const CallContext& call) {
  const int size = page_size == 0 ? kDefaultPage : page_size;
  if (before == 0) before = std::numeric_limits<std::int64_t>::max();
  AuditPage page;
  ASSIGN_OR_RETURN(page.entries, log_.List(filter, before, size + 1, call));
  if (std::ssize(page.entries) > size) {
    page.entries.pop_back();
    page.next = page.entries.back().number;
  }
  return page;
}

Status Audit::Forget(const CallContext& call) { return log_.Forget(clock_.Now() - keep_, call); }

}  // namespace marquee::auth
