#include "auth/clients/smtp_mailer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>

#include "auth/clients/curl.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectTime{3'000};
constexpr milliseconds kMostTime{8'000};  // a stop waits for it

std::string Rfc5322Date(Time now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &utc);
  return text.data();
}

std::size_t Give(char* out, std::size_t size, std::size_t count, void* rest) {
  auto& text = *static_cast<std::string_view*>(rest);
  const std::size_t given = std::min(size * count, text.size());
  std::memcpy(out, text.data(), given);
  text.remove_prefix(given);
  return given;
}

// What the server said last, or why it said nothing. Neither has an address in it: this is logged.
Status Judge(CURLcode code, long answer) {
  if (code == CURLE_OK) return {};
  // RFC 5321, section 4.2.3: the mailbox isn't there, or isn't for us.
  if (answer == 550 || answer == 551 || answer == 553) {
    return Error::FailedPrecondition(
        "mail_refused", "The mail server refused it with " + std::to_string(answer) + ".");
  }
  return Error::Unavailable("mail_unavailable",
                            answer >= 400
                                ? "The mail server answered " + std::to_string(answer) + "."
                                : std::string("No mail server: ") + curl_easy_strerror(code) + ".");
}

}  // namespace

std::string ToRfc5322(const Mail& mail, const Email& from, Time now,
                      const std::string& message_id) {
  const auto& address = from.address();
  std::string message = "Date: " + Rfc5322Date(now) +
                        "\r\n"
                        "From: Marquee <" +
                        address +
                        ">\r\n"
                        "To: <" +
                        mail.to.address() +
                        ">\r\n"
                        "Subject: " +
                        mail.subject +
                        "\r\n"
                        "Message-ID: <" +
                        message_id + address.substr(address.find('@')) +
                        ">\r\n"
                        "Auto-Submitted: auto-generated\r\n"
                        "MIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=us-ascii\r\n"
                        "Content-Transfer-Encoding: 7bit\r\n"
                        "\r\n";
  for (const char c : mail.text) {
    if (c == '\n') message += '\r';
    message += c;
  }
  return message;
}

SmtpMailer::SmtpMailer(SmtpConfig config, const Clock& clock)
    : config_(std::move(config)), clock_(clock) {
  StartCurl();
}

Status SmtpMailer::Send(const Mail& mail, const CallContext& call) {
  const auto left = std::chrono::duration_cast<milliseconds>(call.deadline - clock_.Now());
  if (left.count() <= 0) return Error::DeadlineExceeded("mail_late", "There is no time left.");
  const std::string message =
      ToRfc5322(mail, config_.from, clock_.Now(), Uuid::V7(clock_.Now()).ToString());
  std::string_view rest = message;
  const std::string sender = "<" + config_.from.address() + ">";
  const std::string receiver = "<" + mail.to.address() + ">";

  const Curl owner = NewCurl();
  const CurlList receivers(curl_slist_append(nullptr, receiver.c_str()), &curl_slist_free_all);
  CURL* curl = owner.get();
  if (curl == nullptr || !receivers)
    return Error::Unavailable("out_of_memory", "There isn't enough memory: try again.");
  curl_easy_setopt(curl, CURLOPT_URL, config_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   static_cast<long>(config_.tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!config_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, config_.ca_file.c_str());
  if (!config_.username.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, config_.username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, config_.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, receivers.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, Give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTime.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(std::min(left, kMostTime).count()));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  const CURLcode code = curl_easy_perform(curl);
  long answer = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
  return Judge(code, answer);
}

}  // namespace marquee::auth
