// Mail, where it is set up: composition, for main.
#pragma once

#include "auth/app/mail_sender.h"
#include "auth/clients/smtp_mailer.h"
#include "auth/config.h"
#include "auth/store/pg_stores.h"

namespace marquee::auth {

class MailSending {
 public:
  MailSending(const MailConfig& config, PgStores& stores, const Clock& clock,
              metrics::Metrics& metrics)
      : mailer_(config.smtp, clock),
        sender_(stores.mails, stores.accounts, mailer_, clock, metrics, config.link_base) {}

 private:
  SmtpMailer mailer_;
  MailSender sender_;  // last: it uses the other
};

}  // namespace marquee::auth
