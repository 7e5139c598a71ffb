// Sends what waits in the outbox, each at least once, and gives up what can't be sent in time.
#pragma once

#include <chrono>
#include <string>

#include "auth/domain/mail.h"
#include "auth/domain/ports.h"
#include "base/clock.h"
#include "base/periodic_task.h"
#include "logging/outage.h"
#include "metrics/metrics.h"

namespace marquee::auth {

class Mailer {
 public:
  virtual ~Mailer() = default;
  // Once it returns well a server has taken it. FailedPrecondition "mail_refused": that server takes
  // no mail for this address, and won't later; anything else may be tried again.
  virtual Status Send(const Mail& mail, const CallContext& call) = 0;
};

struct MailSenderMetrics {
  explicit MailSenderMetrics(metrics::Metrics& metrics);
  metrics::Counter sent, failed, given_up;
};

// Works from construction to destruction.
class MailSender {
 public:
  MailSender(MailRepository& mails, AccountRepository& accounts, Mailer& mailer, const Clock& clock,
             metrics::Metrics& metrics, std::string link_base,
             std::chrono::milliseconds period = std::chrono::seconds{1});

  void StepNow() { task_.StepNow(); }  // for tests

 private:
  std::chrono::milliseconds Step();
  Status Send(const WaitingMail& mail);
  // Who gets it; NotFound when nobody does any more.
  Result<Account> ReceiverOf(const WaitingMail& mail, const CallContext& call);

  MailRepository& mails_;
  AccountRepository& accounts_;
  Mailer& mailer_;
  const Clock& clock_;
  MailSenderMetrics metrics_;
  const std::string link_base_;
  const std::chrono::milliseconds period_;
  logging::Outage outage_{"mail isn't sent: links for passwords and addresses come late"};
  PeriodicTask task_;  // last: it uses the others
};

}  // namespace marquee::auth
