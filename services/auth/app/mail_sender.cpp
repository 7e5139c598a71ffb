#include "auth/app/mail_sender.h"

#include "auth/app/secrets.h"
#include "base/digest.h"
#include "logging/log.h"

namespace marquee::auth {
namespace {

// For the tables and the mail server together, and until another replica may try: a mail that was
// taken by a process that ended is sent by another, maybe twice.
constexpr std::chrono::seconds kMostTime{20};
constexpr std::chrono::seconds kTaken{30};

metrics::Counter Mails(metrics::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("marquee_auth_mails_total",
                            "Mails with links: sent, failed (to be tried again), given up.",
                            {{"outcome", outcome}});
}

}  // namespace

MailSenderMetrics::MailSenderMetrics(metrics::Metrics& metrics)
    : sent(Mails(metrics, "sent")),
      failed(Mails(metrics, "failed")),
      given_up(Mails(metrics, "given_up")) {}

MailSender::MailSender(MailRepository& mails, AccountRepository& accounts, Mailer& mailer,
                       const Clock& clock, metrics::Metrics& metrics, std::string link_base,
                       std::chrono::milliseconds period)
    : mails_(mails),
      accounts_(accounts),
      mailer_(mailer),
      clock_(clock),
      metrics_(metrics),
      link_base_(std::move(link_base)),
      period_(period),
      task_(period, [this](const std::stop_token&) { return Step(); }) {}

Result<Account> MailSender::ReceiverOf(const WaitingMail& mail, const CallContext& call) {
  if (mail.user_id != 0) return accounts_.Find(mail.user_id, call);
  ASSIGN_OR_RETURN(const auto found, accounts_.FindCredentials(mail.email, call));
  return found.account;
}

// The link is made anew for each attempt, and voids that of the one before.
Status MailSender::Send(const WaitingMail& mail) {
  const CallContext call(clock_.Now() + kMostTime);
  const auto receiver = ReceiverOf(mail, call);
  // Deleted meanwhile, or nobody's address ever: nothing to send.
  if (!receiver.ok()) return receiver.error().code == Code::kNotFound ? Status() : receiver.error();
  if (receiver->disabled) return {};
  const std::string token = NewOpaqueToken();
  const Time now = clock_.Now();
  RETURN_IF_ERROR(mails_.Issue({.user_id = receiver->user_id,
                                .purpose = mail.purpose,
                                .email = mail.email,
                                .expires_at = now + LifetimeOf(mail.purpose)},
                               Sha256(token), now, call));
  RETURN_IF_ERROR(mailer_.Send(Compose(mail.purpose, mail.email, link_base_, token), call));
  metrics_.sent.Increment();
  return {};
}

std::chrono::milliseconds MailSender::Step() {
  const Time now = clock_.Now();
  const CallContext call(now + kMostTime);
  const auto mail = mails_.Take(now, now + kTaken, call);
  if (!mail.ok() || !*mail) {
    outage_.Note(mail.ok() ? Status() : Status(mail.error()));
    return period_;
  }
  const auto sent = Send(**mail);
  const bool refused = !sent.ok() && sent.error().reason == "mail_refused";
  const bool late = now >= (*mail)->expires_at;
  if (!refused) outage_.Note(sent);
  if (!sent.ok()) (refused || late ? metrics_.given_up : metrics_.failed).Increment();
  if (!sent.ok() && (refused || late)) {
    logging::Warning("a mail was given up", {{"purpose", Name((*mail)->purpose)},
                                             {"attempts", (*mail)->attempts},
                                             {"why", sent.error().ToString()}});
  }
  const auto settled =
      sent.ok() || refused || late
          ? mails_.Remove((*mail)->mail_id, call)
          : mails_.Postpone((*mail)->mail_id, RetryMailAt((*mail)->attempts, clock_.Now()), call);
  if (!settled.ok()) outage_.Note(settled);
  return sent.ok() || refused ? std::chrono::milliseconds{0} : period_;
}

}  // namespace marquee::auth
