// Mail by SMTP (RFC 5321), through libcurl.
#pragma once

#include <string>

#include "auth/app/mail_sender.h"
#include "auth/domain/email.h"

namespace marquee::auth {

struct SmtpConfig {
  std::string url;       // smtp://host:port (STARTTLS, RFC 3207) or smtps://host:port (RFC 8314)
  bool tls = true;       // false: as it comes, in clear; for tests and a relay beside us
  std::string ca_file;   // PEM; empty: the system's
  std::string username;  // empty: nobody signs in
  std::string password;
  Email from;
};

// As it goes over the wire (RFC 5322): plain text, from a program (RFC 3834). `message_id` is what
// stands before the @.
std::string ToRfc5322(const Mail& mail, const Email& from, Time now, const std::string& message_id);

// A connection for each mail: there are few. Thread-safe.
class SmtpMailer final : public Mailer {
 public:
  SmtpMailer(SmtpConfig config, const Clock& clock);
  // Unavailable "mail_unavailable" for whatever may be better later.
  Status Send(const Mail& mail, const CallContext& call) override;

 private:
  const SmtpConfig config_;
  const Clock& clock_;
};

}  // namespace marquee::auth
